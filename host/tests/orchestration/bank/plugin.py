"""A throw-away plugin: money moves between accounts, and through another system."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from marshmallow import fields
from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_hookspecs import hookimpl
from archivolt_host.kit import jobs
from archivolt_host.kit.api import BaseSchema, Blueprint, ModelAPIView, signed_in
from archivolt_host.kit.db import Base, UuidMixin, session
from archivolt_host.kit.errors import RefusedError
from archivolt_host.kit.orchestrator import Child, Finish, Orchestrator, Step

WORLD = ""  # the other system: a file with a table of its own
LOG: list[str] = []


class Account(Base):
    __tablename__ = "bank_account"
    unaudited = "a test"

    name: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]


class Entry(UuidMixin, Base):
    __tablename__ = "bank_entry"
    unaudited = "a test"

    run: Mapped[str]
    words: Mapped[str]


def add(name: str, amount: int) -> None:
    change = update(Account).where(Account.name == name)
    session().execute(change.values(balance=Account.balance + amount))


def balance(name: str) -> int:
    return session().scalar(select(Account.balance).where(Account.name == name)) or 0


def write(run: object, words: str) -> None:
    session().add(Entry(run=str(run), words=words))


def world(statement: str, *values: Any) -> list[Any]:
    """Ask the other system; it knows keys, as any that one may call twice."""
    with closing(sqlite3.connect(WORLD, timeout=30)) as opened, opened:
        opened.execute("PRAGMA synchronous = OFF")
        opened.execute(
            "CREATE TABLE IF NOT EXISTS charge (key TEXT PRIMARY KEY, amount INTEGER, "
            "calls INTEGER DEFAULT 0, cancelled INTEGER DEFAULT 0)"
        )
        return opened.execute(statement, values).fetchall()


def charge(key: str, amount: int) -> None:
    """Take an amount once per key, and not at all once that was cancelled."""
    world(
        "INSERT INTO charge (key, amount, calls) VALUES (?, ?, 1) "
        "ON CONFLICT (key) DO UPDATE SET calls = calls + 1",
        key,
        amount,
    )


def cancel(key: str) -> None:
    """Cancel a charge, even one that has not come yet."""
    world(
        "INSERT INTO charge (key, amount, cancelled) VALUES (?, 0, 1) "
        "ON CONFLICT (key) DO UPDATE SET cancelled = 1",
        key,
    )


class Write(Orchestrator):
    """Write three entries; the step called ``fails`` raises."""

    def __init__(self, fails: str = "", undo_fails: str = "") -> None:
        self.fails = fails
        self.undo_fails = undo_fails

    def steps(self) -> Iterator[Step]:
        yield Step("1", self.first, undo=self.undo_first)
        yield Step("2", self.second, undo=self.undo_second)
        yield Step("3", self.third, undo=self.undo_third)

    def act(self, name: str) -> str:
        LOG.append(name)
        write(self.run_id, name)
        if self.fails == name:
            raise RefusedError(f"{name} does not work.")
        return f"done {name}"

    def take_back(self, name: str) -> None:
        LOG.append(f"undo{name}")
        if self.undo_fails == name:
            raise RuntimeError("no luck")
        session().execute(
            Entry.__table__.delete().where(
                Entry.run == str(self.run_id), Entry.words == name
            )
        )

    def first(self) -> str:
        return self.act("1")

    def second(self) -> str:
        return self.act("2")

    def third(self) -> str:
        return self.act("3")

    def undo_first(self) -> None:
        self.take_back("1")

    def undo_second(self) -> None:
        self.take_back("2")

    def undo_third(self) -> None:
        self.take_back("3")


class Receipt(Orchestrator):
    """Write a receipt here and in the other system."""

    def __init__(self, transfer: str, fails: bool = False) -> None:
        self.transfer = transfer
        self.fails = fails

    def steps(self) -> Iterator[Step]:
        yield Step("write", self.write, undo=self.tear_up)
        yield Step("file", self.file, undo=self.unfile, external=True)
        yield Step("check", self.check, irreversible="It only looks.")

    def write(self) -> None:
        write(self.transfer, "receipt")

    def tear_up(self) -> None:
        session().execute(Entry.__table__.delete().where(Entry.run == self.transfer))

    def file(self) -> None:
        charge(self.key, 0)

    def unfile(self) -> None:
        cancel(self.key)

    def check(self) -> None:
        if self.fails:
            raise RefusedError("The receipt is wrong.")


class Transfer(Orchestrator):
    """Move money from one account to another, through the other system."""

    def __init__(self, source: str, target: str, amount: int, fails: str = "") -> None:
        self.source = source
        self.target = target
        self.amount = amount
        self.fails = fails

    def steps(self) -> Iterator[Step | Child]:
        yield Step("withdraw", self.withdraw, undo=self.give_back)
        yield Step("clear", self.clear, undo=self.unclear, external=True)
        yield Child("receipt", Receipt, self.receipt)
        yield Step("deposit", self.deposit, undo=self.take_out)
        yield Step("close", self.close, irreversible="It writes nothing.")

    def withdraw(self) -> int:
        if balance(self.source) < self.amount:
            return Finish("There is not enough.")  # type: ignore[return-value]
        add(self.source, -self.amount)
        return self.amount

    def give_back(self) -> None:
        add(self.source, self.outputs["withdraw"])

    def clear(self) -> str:
        charge(self.key, self.amount)
        if self.fails == "clear":
            raise RefusedError("The other system answered, and then refused.")
        return self.key

    def unclear(self) -> None:
        cancel(self.key)

    def receipt(self) -> dict[str, Any]:
        return {"transfer": str(self.run_id), "fails": self.fails == "receipt"}

    def deposit(self) -> int:
        add(self.target, self.outputs["withdraw"])
        return self.amount

    def take_out(self) -> None:
        add(self.target, -self.outputs["deposit"])

    def close(self) -> str:
        if self.fails == "close":
            raise RefusedError("It cannot be closed.")
        return self.outputs["clear"]


@jobs.job(queue="high", retries=3)
def pay_in(name: str, amount: int, key: str = "") -> None:
    add(name, amount)


class PaymentSchema(BaseSchema):
    name = fields.String(required=True)
    key = fields.String(required=True)


blueprint = Blueprint("bank", __name__)


@blueprint.route("/payments")
class Payments(ModelAPIView):
    @signed_in()
    @blueprint.arguments(PaymentSchema)
    @blueprint.response(202)
    def post(self, sent: dict[str, str]) -> dict[str, str]:
        return {"job": str(jobs.enqueue(pay_in, amount=1, **sent))}


class Plugin:
    @hookimpl
    def register_blueprints(self) -> list[Any]:
        return [blueprint]

    @hookimpl
    def register_orchestrators(self) -> list[Any]:
        return [Write, Receipt, Transfer]

    @hookimpl
    def register_jobs(self) -> list[Any]:
        return [pay_in]
