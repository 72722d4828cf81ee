"""``archivolt runs``, used rightly and wrongly."""

import re
from uuid import UUID

import pytest

from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.tenants.ids import uuid7


def the_run(cli):
    """Return the id of the one run of the system."""
    [id] = re.findall(r"[0-9a-f-]{36}", cli.ok("runs", "list", "--system"))
    return id


def test_the_creation_of_a_tenant_is_among_the_systems_runs(cli):
    said = cli.ok("runs", "list", "--system")
    assert "host.create_tenant" in said
    assert "done" in said
    shown = cli.ok("runs", "show", the_run(cli), "--system")
    assert "host.create_tenant (version 1) is done." in shown
    assert re.search(r"provision +done", shown)
    assert "a test password" not in shown


def test_a_tenant_without_runs_says_so(cli):
    assert cli.ok("runs", "list") == "There is no such run.\n"
    assert cli.ok("runs", "list", "--status", "stuck") == "There is no such run.\n"


def test_a_plan_shows_the_steps_and_the_way_back(cli):
    said = cli.ok("runs", "plan", "host.create_tenant")
    forward, _, backward = said.partition("taken back so:")
    assert forward.index("enter") < forward.index("provision")
    assert backward.index("provision") < backward.index("enter")
    assert re.search(r"enter +local +1 +leave", forward)
    assert re.search(r"provision +external +4 +drop", forward)
    assert re.search(r"first admin +external, perhaps +4 +stays: The user", backward)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("plan host.create_tenan", "There is no orchestrator host.create_tenan. Did"),
        ("plan", "Name one of "),
        (f"show {UUID(int=7)}", "Run "),
        ("show x", "Invalid value for 'ID'"),
        ("list --status open", "A status is one of running, unwinding, stuck, done"),
        ("list -t nobody", "There is no active tenant nobody."),
    ],
)
def test_a_wrong_use_is_one_sentence(cli, words, said):
    assert cli.refused("runs", *words.split()).startswith(said)


@pytest.mark.parametrize("deed", ["retry", "skip", "cancel"])
def test_what_has_ended_stays_as_it_is(cli, deed):
    said = cli.refused("runs", deed, the_run(cli), "--system")
    assert "done" in said or "stuck" in said


def test_the_command_that_shows_what_a_worker_does_names_the_tenant(cli):
    run = Run(uuid7(), "host.import_tenant", 1, {}, ["enter"], actor_id=UUID(int=7))
    with cli.open() as host:
        journal = Journal(host.catalog.get("demo"))
        with journal.writing() as work:
            journal.insert(work.connection, run)
    said = cli.ok("runs", "cancel", str(run.id))
    _, _, command = said.partition("goes on with it: archivolt ")
    assert command == f"runs show {run.id} -t demo\n"
    assert "host.import_tenant (version 1) is running." in cli.ok(*command.split())
