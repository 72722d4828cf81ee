"""A plugin with a row of every kind and with files, and archives of its tenants."""

import pytest

from archivolt_host.archives.exporting import export_tenant
from archivolt_host.archives.importing import ImportTenant

KEEPING = """
import io
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.host import StoredFile
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import Base, UuidMixin, session
from sqlalchemy import JSON, Date, Double, ForeignKey, LargeBinary, Numeric, select
from sqlalchemy.orm import Mapped, mapped_column

FILES = {}


class Thing(UuidMixin, Base):
    __tablename__ = "keeping_thing"
    unaudited = "the rows of a test"

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("keeping_thing.id"))
    text: Mapped[str]
    count: Mapped[int]
    share: Mapped[float] = mapped_column(Double)
    price: Mapped[Decimal] = mapped_column(Numeric(20, 4))
    is_good: Mapped[bool]
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    given: Mapped[Any] = mapped_column(JSON)
    absent: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class Plugin:
    @hookimpl
    def stored_files(self):
        for name, content in FILES.get(tenant().slug, {}).items():
            hash = sha256(content).hexdigest()
            yield StoredFile(name, len(content), hash, lambda c=content: io.BytesIO(c))

    @hookimpl
    def receive_file(self, name, content):
        if name == "bad":
            raise RuntimeError("no room for it")
        FILES.setdefault(tenant().slug, {})[name] = content.read()

    @hookimpl
    def drop_files(self):
        FILES.pop(tenant().slug, None)
"""
FIRST = """
import sqlalchemy as sa
from alembic import op
from archivolt_host.kit import db

revision, down_revision, branch_labels, depends_on = "keeping_1", None, None, None


def upgrade():
    op.create_table(
        "keeping_thing",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("keeping_thing.id")),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("price", sa.Numeric(20, 4), nullable=False),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", db.Timestamp(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("absent", sa.JSON()),
    )
"""


@pytest.fixture
def keeping(make_plugin):
    """Install the plugin ``keeping``."""
    files = {"migrations/0001_first.py": FIRST}
    return make_plugin("keeping", KEEPING, files=files)


@pytest.fixture
def export(open_home, tmp_path):
    def export(tenant, name="tenant.tar", **more):
        plan = open_home.current.provisioner.plan
        with (tmp_path / name).open("wb") as file:
            export_tenant(tenant, plan, [], file, **more)
        return tmp_path / name

    return export


@pytest.fixture
def bring(open_home):
    """Import a file, as ``copy`` unless told otherwise."""

    def bring(path, slug="copy", placement=None):
        host = open_home.current
        placement = placement or str(host.manifest.host["default_placement"])
        ImportTenant(str(path), slug, placement).run()
        return host.catalog.get(slug)

    return bring
