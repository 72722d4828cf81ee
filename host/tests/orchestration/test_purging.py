"""What a plugin left is counted, kept aside and dropped, and nothing else is."""

import json

import pytest
from sqlalchemy import inspect, text

from archivolt_host.orchestration.purging import Purge, rivals
from archivolt_host.plugins.discovery import folder_of
from archivolt_host.tenants.migrations import Source

MODELS = """
from sqlalchemy.orm import Mapped
from archivolt_host.kit.db import Base, UuidMixin


class Scrap(UuidMixin, Base):
    __tablename__ = "scrap_note"
    unaudited = "It belongs to a test."

    word: Mapped[str]
"""
CODE = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.jobs import job
from archivolt_scrap import models


@job(queue="low")
def tidy():
    return None


class Plugin:
    @hookimpl
    def register_jobs(self):
        return [tidy]
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "scrap_0001"
down_revision = None


def upgrade():
    op.create_table(
        "scrap_note",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("word", sa.String(), nullable=False),
    )


def downgrade():
    {down}
"""
HONEST = 'op.drop_table("scrap_note")'
HALF = f"{HONEST}; raise NotImplementedError"

pytestmark = pytest.mark.plugins("core_identity", "scrap")


@pytest.fixture(autouse=True)
def scrap(request, make_plugin):
    """A plugin with a table and a job, written before the host opens."""
    spec = getattr(request.node, "callspec", None)
    down = spec.params.get("down", HONEST) if spec else HONEST
    migration = MIGRATION.format(down=down)
    files = {"models.py": MODELS, "migrations/0001_first.py": migration}
    make_plugin("scrap", CODE, files=files)


@pytest.fixture
def purge(scrap, host):
    source = Source("scrap", folder_of("scrap") / "migrations")
    others = [info for info in host.registry.infos.values() if info.id != "scrap"]
    return Purge(host.registry.infos["scrap"], source, others)


@pytest.fixture
def littered(purge, host, tenant, in_tenant):
    """A tenant in which the plugin has left rows and a job."""
    from archivolt_host.kit.db import uuid7
    from archivolt_host.kit.jobs import enqueue
    from archivolt_scrap import plugin

    with in_tenant(tenant) as unit:
        unit.connection.execute(
            text("INSERT INTO scrap_note (id, word) VALUES (:id, 'iron')"),
            {"id": uuid7().hex},
        )
        enqueue(plugin.tidy)
    return tenant


def tables(host, place):
    with host.provisioner.migration(place) as connection:
        return set(inspect(connection).get_table_names())


@pytest.mark.placements
def test_what_hangs_on_its_jobs_goes_too(host, purge, littered, in_tenant):
    from archivolt_host.kit.db import uuid7

    with in_tenant(littered) as unit:
        unit.connection.execute(
            text(
                "INSERT INTO host_job_attempt "
                "(id, job_id, number, worker, outcome, problem, ended_at) "
                "SELECT :id, id, 1, 'w', 'failed', 'p', created_at FROM host_job"
            ),
            {"id": uuid7().hex},
        )
    purge.drop(host.provisioner, littered.place, None)
    with in_tenant(littered) as unit:
        left = unit.connection.scalar(text("SELECT count(*) FROM host_job_attempt"))
    assert left == 0


def test_a_name_that_is_only_alike_is_somebody_elses(host, purge, littered):
    from dataclasses import replace

    alike = replace(purge.info, id="scra_", tables="scra_")
    remains = Purge(alike, None, []).inventory(host.provisioner, littered.place)
    assert not remains.held


@pytest.mark.placements
def test_everything_is_counted(host, purge, littered):
    remains = purge.inventory(host.provisioner, littered.place)
    assert remains.own == {"alembic_version_scrap": 1, "scrap_note": 1}
    assert remains.held["host_job"] == 1


@pytest.mark.placements
@pytest.mark.parametrize("down", [HONEST, "pass", HALF], ids=["whole", "not", "raises"])
def test_nothing_is_left_and_nothing_else_is_touched(
    host, purge, littered, tmp_path, down
):
    before = tables(host, littered.place)
    purge.drop(host.provisioner, littered.place, tmp_path / "kept.jsonl")
    assert not purge.inventory(host.provisioner, littered.place)
    assert before - tables(host, littered.place) == {
        "scrap_note",
        "alembic_version_scrap",
    }


@pytest.mark.placements
def test_where_it_was_purged_its_tables_can_be_made_again(host, purge, littered):
    from archivolt_host.tenants import migrating

    purge.drop(host.provisioner, littered.place, None)
    migrating.unmark(littered.slug)
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    assert [tenant.slug for tenant in waiting] == [littered.slug]
    migrating.migrate(waiting, host.provisioner)
    assert "scrap_note" in tables(host, littered.place)


def test_the_rows_are_kept_aside(host, purge, littered, tmp_path):
    purge.drop(host.provisioner, littered.place, tmp_path / "kept.jsonl")
    lines = (tmp_path / "kept.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    [note] = [row["row"] for row in rows if row["table"] == "scrap_note"]
    assert note["word"] == "iron"


def test_doing_it_again_is_harmless(host, purge, littered):
    purge.drop(host.provisioner, littered.place, None)
    assert not purge.drop(host.provisioner, littered.place, None)


def test_what_fails_in_the_middle_leaves_all_as_it_was(
    host, purge, littered, tmp_path, monkeypatch
):
    before = purge.inventory(host.provisioner, littered.place)
    monkeypatch.setattr(purge, "_drop", fail)
    with pytest.raises(OSError, match="power"):
        purge.drop(host.provisioner, littered.place, tmp_path / "kept.jsonl")
    assert purge.inventory(host.provisioner, littered.place) == before


def fail(*_):
    raise OSError("the power went")


def test_a_longer_prefix_is_somebody_elses(host, purge, littered):
    from dataclasses import replace

    other = replace(purge.info, id="scrap_note_keeper", tables="scrap_note")
    spared = Purge(purge.info, purge.source, [other])
    remains = spared.inventory(host.provisioner, littered.place)
    assert "scrap_note" not in remains.own


@pytest.mark.parametrize(
    ("id", "tables", "loaded", "found"),
    [
        ("rude", "scrap_", {"scrap"}, ["scrap"]),  # the very same
        ("scr", "scr_", {"scrap"}, []),
        ("rude", "scrap_note_", {"scrap"}, ["scrap"]),  # a part of them
        ("scrap_note", "scrap_note_", {"scrap"}, []),
        ("scrap_note", "scrap_note_", set(), ["scrap"]),  # nobody knows which
    ],
)
def test_whose_tables_could_be_taken_for_its_own_is_known(
    host, id, tables, loaded, found
):
    from dataclasses import replace

    scrap = host.registry.infos["scrap"]
    own = replace(scrap, id=id, tables=tables)
    assert list(rivals(own, [scrap], loaded)) == found


def test_a_table_that_another_plugins_model_names_is_spared(host, purge, littered):
    from dataclasses import replace

    longer = replace(purge.info, id="scrap_no", tables="scrap_no")
    own = Purge(longer, None, [purge.info])
    assert own.inventory(host.provisioner, littered.place).own == {}


@pytest.mark.placements
def test_what_a_plugin_left_that_is_not_installed_any_more_is_spared(
    host, purge, littered
):
    left = ("scrap_more_note", "alembic_version_scrap_more")
    with host.provisioner.migration(littered.place) as connection:
        for name in left:
            connection.execute(text(f"CREATE TABLE {name} (word VARCHAR(9))"))
    purge.drop(host.provisioner, littered.place, None)
    assert tables(host, littered.place) >= {*left}
