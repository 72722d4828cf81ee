"""A throw-away plugin with a table, routes and jobs, for the tests of the host."""

import threading
import time
from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Permission
from archivolt_host.kit import jobs
from archivolt_host.kit.api import (
    BaseSchema,
    Blueprint,
    ModelAPIView,
    requires,
    signed_in,
)
from archivolt_host.kit.db import Base, UuidMixin, session
from archivolt_host.kit.errors import NotFoundError, RefusedError

reached = threading.Event()
go_on = threading.Event()


class Note(UuidMixin, Base):
    __tablename__ = "notes_note"
    unaudited = "its tests write as they like"

    text: Mapped[str] = mapped_column(unique=True)


class NoteSchema(BaseSchema):
    id = fields.UUID(dump_only=True)
    text = fields.String(required=True)


class WriteSchema(BaseSchema):
    text = fields.String(required=True)
    refuse = fields.Boolean(load_default=False)
    wait = fields.Boolean(load_default=False)
    more = fields.Raw()


def write(text: str) -> Note:
    note = Note(text=text)
    session().add(note)
    session().flush()
    return note


blueprint = Blueprint("notes", __name__)


@blueprint.route("/notes")
class Notes(ModelAPIView):
    @requires("notes.read")
    @blueprint.response(200, NoteSchema(many=True))
    def get(self) -> Any:
        return session().scalars(select(Note).order_by(Note.text)).all()

    @requires("notes.write")
    @blueprint.arguments(WriteSchema)
    @blueprint.response(201, NoteSchema)
    def post(self, sent: dict[str, Any]) -> Note:
        if sent["wait"]:
            reached.set()
            go_on.wait(10)
        note = write(sent["text"])
        if sent["refuse"]:
            raise RefusedError("It was written, and then refused.")
        return note


@blueprint.route("/notes/<uuid:id>")
class OneNote(ModelAPIView):
    @requires("notes.read")
    @blueprint.response(200, NoteSchema)
    def get(self, id: UUID) -> Note:
        note = session().get(Note, id)
        if note is None:
            raise NotFoundError("Note", id)
        return note


@blueprint.route("/notes/later")
class Later(ModelAPIView):
    @requires("notes.write")
    @blueprint.arguments(WriteSchema)
    @blueprint.response(202)
    def post(self, sent: dict[str, Any]) -> dict[str, str]:
        id = jobs.enqueue(write_later, text=sent["text"])
        if sent["refuse"]:
            raise RefusedError("It was enqueued, and then refused.")
        return {"job": str(id)}


@blueprint.route("/notes/broken")
class Broken(ModelAPIView):
    @signed_in()
    def get(self) -> str:
        raise RuntimeError("a secret detail")


@jobs.job(queue="medium", retries=2)
def write_later(text: str) -> str:
    return str(write(text).id)


@jobs.job(queue="medium")
def take_time(seconds: float) -> None:
    time.sleep(seconds)


@jobs.job(queue="low")
def take_long(seconds: float) -> None:
    time.sleep(seconds)


@jobs.job(queue="high", retries=1)
def fail_later(text: str) -> None:
    write(text)
    raise RuntimeError("no luck")


class Plugin:
    @hookimpl
    def register_blueprints(self) -> list[Any]:
        return [blueprint]

    @hookimpl
    def register_permissions(self) -> list[Permission]:
        return [
            Permission("notes.read", "Read notes.", ("member",)),
            Permission("notes.write", "Write notes.", ("member",)),
        ]

    @hookimpl
    def register_jobs(self) -> list[Any]:
        return [write_later, take_time, take_long, fail_later]
