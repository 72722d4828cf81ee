"""What a plugin writes is recorded although it has no line of code for it."""

import importlib
from uuid import UUID

import pytest
from sqlalchemy import text, update

from archivolt_hookspecs.identity import Actor
from archivolt_host.tenants import context
from archivolt_host.tenants.recorded import UnrecordedWriteError

CODE = """
from uuid import UUID
from sqlalchemy import select, text, update
from sqlalchemy.orm import Mapped, mapped_column
from archivolt_hookspecs import hookimpl
from archivolt_host.kit import audit, jobs
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in
from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, after_rollback
from archivolt_host.kit.errors import RefusedError
from archivolt_host.kit.service import Service

class Line(UuidMixin, RevisionMixin, Base):
    __tablename__ = "ledger_line"
    words: Mapped[str]
    amount: Mapped[int] = mapped_column(default=0)
    pin: Mapped[str] = mapped_column(default="1234", info={"audit": "secret"})
    total: Mapped[int] = mapped_column(default=0, info={"audit": "derived"})

class Count(UuidMixin, Base):
    __tablename__ = "ledger_count"
    unaudited = "follows from the lines"
    words: Mapped[str]

class Lines(Service[Line]):
    model = Line
    kind = "Line"
    sql_verbs = ("spend", "clear", "rewrite")

    def spend(self, words):
        return self._update_where(self._c["words"] == words, amount=0)

    def clear(self, words):
        return self._delete_where(self._c["words"] == words)

    def rewrite(self):
        self.connection.execute(self._table.update().values(words="nobody knows"))

class Counts(Service[Count]):
    model = Count
    kind = "Count"

lines, counts = Lines(), Counts()
blueprint = Blueprint("ledger", __name__)

@blueprint.route("/ledger/rewrite")
class Rewrite(ModelAPIView):
    @signed_in()
    @blueprint.response(204)
    def post(self):
        lines.rewrite()

@blueprint.route("/ledger/later")
class Later(ModelAPIView):
    @signed_in()
    @blueprint.response(204)
    def post(self):
        jobs.enqueue(file_it)

@blueprint.route("/ledger/refused")
class Refused(ModelAPIView):
    @signed_in()
    @blueprint.response(204)
    def post(self):
        lines.create(words="lost")
        audit.note("LOST", "x")
        after_rollback(lambda: audit.note("REFUSED", "x", after={"why": "so"}))
        raise RefusedError("no")

@blueprint.route("/ledger/looked")
class Looked(ModelAPIView):
    @signed_in()
    @blueprint.response(204)
    def get(self):
        audit.note("LOOKED", "x", kind="ledger.line")

@jobs.job()
def file_it():
    lines.create(words="later")

class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]

    @hookimpl
    def register_jobs(self):
        return [file_it]
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "ledger_0001", None
branch_labels = depends_on = None

def upgrade():
    op.create_table(
        "ledger_line",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer()),
        sa.Column("words", sa.String()),
        sa.Column("amount", sa.Integer()),
        sa.Column("pin", sa.String()),
        sa.Column("total", sa.Integer()),
    )
    op.create_table(
        "ledger_count",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("words", sa.String()),
    )
"""
pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "ledger"),
    pytest.mark.placements,
]


@pytest.fixture(autouse=True)
def ledger(make_plugin):
    files = {"migrations/0001_first.py": MIGRATION}
    make_plugin("ledger", CODE, files=files, tables="ledger_")


@pytest.fixture
def plugin(tenant):
    return importlib.import_module("archivolt_ledger.plugin")


@pytest.fixture
def rows(sql):
    """Return the journal of the plugin's lines: verb, before and after."""
    import orjson

    def read():
        found = sql(
            "SELECT action, before, after FROM audit_entry WHERE kind = 'ledger.line'"
            " ORDER BY at, id"
        )
        return [
            (action.rpartition(".")[2], *(orjson.loads(t) if t else None for t in both))
            for action, *both in found
        ]

    return read


def test_each_row_of_a_bulk_write_is_recorded(plugin, rows, in_tenant, tenant):
    with in_tenant(tenant):
        plugin.lines.bulk_create({"words": w, "amount": 1} for w in "ab")
    with in_tenant(tenant):
        ids = [row.id for row in plugin.lines._rows(plugin.lines._sql.select)]
        plugin.lines.bulk_update(ids, amount=2)
        plugin.lines.bulk_delete(ids)

    came, came_too, *changed, gone, _ = rows()

    assert came[:2] == ("create", None)
    assert {came[2]["words"], came_too[2]["words"]} == {"a", "b"}
    assert changed == [("update", {"amount": 1}, {"amount": 2})] * 2
    assert gone[0] == "delete"
    assert gone[1]["amount"] == 2
    assert gone[2] is None


def test_named_statements_on_sets_record_what_they_meet(
    plugin, rows, in_tenant, tenant
):
    with in_tenant(tenant):
        plugin.lines.bulk_create({"words": w, "amount": 5} for w in "aab")
        assert plugin.lines.spend("a") == 2
        assert plugin.lines.clear("b") == 1

    assert [row[0] for row in rows()] == ["create"] * 3 + ["update"] * 2 + ["delete"]
    assert rows()[3] == ("update", {"amount": 5}, {"amount": 0})


def test_a_secret_never_enters_and_what_follows_makes_no_row(
    plugin, rows, sql, in_tenant, tenant
):
    with in_tenant(tenant):
        line = plugin.lines.create(words="a", pin="0815-old")
        line = plugin.lines.update(line, pin="0815-new", words="b")
        line = plugin.lines.update(line, total=7)
        plugin.lines.delete(line)

    came, changed, gone = rows()

    assert {"pin", "total"}.isdisjoint(came[2] | gone[1])
    assert changed[1:] == (
        {"pin": "(secret)", "words": "a"},
        {"pin": "(secret)", "words": "b"},
    )
    assert not any("0815" in str(row) for row in sql("SELECT * FROM audit_entry"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_line SET words = 'x'",
        "update/**/ledger_line set words = 'x'",
        'DELETE FROM "ledger_line"',
        "INSERT INTO ledger_line (id, words) VALUES ('1', 'x')",
        "-- SELECT\nDELETE FROM ledger_line",
        "WITH x AS (SELECT 1) UPDATE ledger_line SET words = 'x'",
        "REPLACE INTO ledger_line (id) VALUES ('1')",
        "TRUNCATE ledger_line",
    ],
)
def test_sql_that_nobody_records_never_runs(in_tenant, tenant, plugin, statement):
    with in_tenant(tenant) as work, pytest.raises(UnrecordedWriteError):
        work.connection.execute(text(statement))


def test_the_orm_cannot_write_unrecorded_either(in_tenant, tenant, plugin):
    with pytest.raises(UnrecordedWriteError), in_tenant(tenant) as work:
        work.session.add(plugin.Line(words="x"))
    with in_tenant(tenant) as work, pytest.raises(UnrecordedWriteError):
        work.session.execute(update(plugin.Line).values(words="x"))


def test_a_table_that_follows_from_others_is_written_without_a_row(
    plugin, sql, in_tenant, tenant
):
    before = sql("SELECT count(*) FROM audit_entry")
    with in_tenant(tenant):
        plugin.counts.create(words="x")

    assert sql("SELECT count(*) FROM audit_entry") == before


def test_a_planted_unaudited_write_is_an_error_and_changes_nothing(
    owner, plugin, sql, in_tenant, tenant
):
    with in_tenant(tenant):
        plugin.lines.create(words="as it was")

    assert owner.post("/vault/ledger/rewrite").status_code == 500

    assert sql("SELECT words FROM ledger_line") == [("as it was",)]


def test_a_job_writes_as_whoever_asked_for_it_and_from_where(
    owner, run_jobs, journal, plugin
):
    """WA-57: name, address, program and request of the caller travel with the job."""
    told = {"X-Request-Id": "asked-for-it", "User-Agent": "a browser"}
    assert owner.post("/vault/ledger/later", headers=told).status_code == 204
    run_jobs()

    (row,) = journal(action="ledger.line.create")

    assert row["actor"] == owner.get("/vault/me").json["id"]
    assert (row["address"], row["user_agent"]) == ("127.0.0.1", "a browser")
    assert row["request_id"] == "asked-for-it"


def test_what_must_be_known_of_a_refusal_survives_it(owner, journal, plugin):
    assert owner.post("/vault/ledger/refused").status_code == 409

    (row,) = [r for r in journal() if r["object"] == "x"]

    assert row["action"] == "REFUSED"
    assert row["after"] == {"why": "so"}
    assert row["actor_name"] == "admin"


def test_a_deed_of_a_request_that_only_reads_is_noted(owner, journal, plugin):
    assert owner.get("/vault/ledger/looked").status_code == 204

    (row,) = journal(action="LOOKED")

    assert (row["kind"], row["object"]) == ("ledger.line", "x")


def test_a_part_that_was_rolled_back_leaves_no_row(plugin, rows, in_tenant, tenant):
    with in_tenant(tenant) as work:
        plugin.lines.create(words="kept")
        with pytest.raises(ZeroDivisionError), work.savepoint():
            plugin.lines.create(words="undone")
            raise ZeroDivisionError

    assert [row[2]["words"] for row in rows()] == ["kept"]


@pytest.mark.placements("sqlite")
def test_where_the_journal_does_not_work_nothing_is_written(
    plugin, sql, in_tenant, tenant, host
):
    host.registry.put_out("core_audit", "for this test")

    with pytest.raises(Exception, match="core_audit"), in_tenant(tenant):
        plugin.lines.create(words="unheard")

    assert sql("SELECT count(*) FROM ledger_line") == [(0,)]


def test_who_acts_for_somebody_else_is_named_and_so_is_the_other(
    plugin, sql, in_tenant, tenant
):
    other, real = (UUID(int=n) for n in (1, 2))
    actor = Actor(other, "grace", tenant.slug, impersonator=real)
    with in_tenant(tenant), context.acting(tenant, actor):
        plugin.lines.create(words="for another")

    found = sql("SELECT actor, on_behalf_of FROM audit_entry WHERE actor_name='grace'")
    assert [[UUID(str(id)) for id in row] for row in found] == [[real, other]]
