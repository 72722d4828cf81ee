"""What is registered: refused where it is wrong, kept while runs of it live."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from archivolt_hookspecs.identity import Actor
from archivolt_host.orchestration import driving
from archivolt_host.orchestration.registry import orchestrators
from archivolt_host.tenants import context, sessions

BANK = [pytest.mark.plugins("core_identity", "bank"), pytest.mark.placements]
CODE = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.orchestrator import Orchestrator, Step


class Wrong(Orchestrator):
    {body}

    def act(self){returns}: ...


class Plugin:
    @hookimpl
    def register_orchestrators(self):
        return [Wrong]
"""
GOOD = "yield Step('act', self.act, undo=self.act)"
WRONG = {
    "def steps(self): yield Step('act', self.act)": "The step act has no undo: give it",
    "def steps(self): return []": "sample.wrong has no steps",
    f"def steps(self): {GOOD}; {GOOD}": "There are two steps called act.",
    f"def __init__(self, x: bytes): ...\n    def steps(self): {GOOD}": (
        "The input x must be str, int, float, bool, UUID, datetime"
    ),
    f"def __init__(self, x): ...\n    def steps(self): {GOOD}": "The input x must be",
    f"def __init__(self, x: int): self.x = x\n    def steps(self): {GOOD} if self.x "
    "else None": "The steps of sample.wrong depend on its inputs",
    f"unwritten = ('x',)\n    def __init__(self, x: str): ...\n    def steps(self): "
    f"{GOOD}": "The unwritten input x must have the default None.",
}


@pytest.mark.parametrize("body", WRONG)
def test_a_wrong_orchestrator_takes_its_plugin_out(make_plugin, open_home, body):
    make_plugin("sample", CODE.format(body=body, returns=" -> None"))
    host = open_home(plugins=["core_identity", "sample"])
    assert WRONG[body] in host.registry.out["sample"]
    assert "sample.wrong" not in orchestrators().names


def test_an_output_that_is_no_json_takes_its_plugin_out(make_plugin, open_home):
    body = f"def steps(self): {GOOD}"
    make_plugin("sample", CODE.format(body=body, returns=" -> object"))
    host = open_home(plugins=["core_identity", "sample"])
    assert "The step act must return str, int," in host.registry.out["sample"]


def test_a_right_one_is_known(make_plugin, open_home):
    body = f"def steps(self): {GOOD}"
    make_plugin("sample", CODE.format(body=body, returns=" -> int | None"))
    host = open_home(plugins=["core_identity", "sample"])
    assert "sample" not in host.registry.out
    assert "sample.wrong" in orchestrators().names


@pytest.fixture
def started(bank):
    """Have a run noted that no worker has begun."""
    with sessions.transaction():
        return bank.Write().start()


class TestLater:
    """What happens between the beginning of a run and its end."""

    pytestmark = BANK

    def test_a_version_that_nobody_knows_waits_until_it_is_known(
        self, bank, started, run_jobs, tenant, journal, let_leases_end, monkeypatch
    ):
        with monkeypatch.context() as newer:
            newer.setitem(orchestrators()._kinds, "bank.write", {2: bank.Write})
            run_jobs(tenant)
        run = journal.find(started)
        assert run.status == "running"
        assert "Version 1 of the orchestrator bank.write was not found" in run.problem
        let_leases_end()
        run_jobs(tenant)
        assert journal.find(started).status == "done"

    def test_a_run_of_another_step_list_waits(
        self, bank, started, run_jobs, tenant, journal, monkeypatch
    ):
        whole = bank.Write.steps
        with monkeypatch.context() as newer:
            newer.setattr(bank.Write, "steps", lambda self: list(whole(self))[1:])
            run_jobs(tenant)
        assert bank.LOG == []
        assert "The step list 1, 2, 3 of bank.write" in journal.find(started).problem

    def test_a_run_that_took_too_long_is_taken_back(
        self, bank, run_jobs, tenant, journal, monkeypatch
    ):
        monkeypatch.setattr(bank.Write, "deadline", timedelta())
        with sessions.transaction():
            id = bank.Write().start()
        run_jobs(tenant)
        run = journal.find(id)
        assert run.status == "undone"
        assert run.problem.startswith("It was not done by 2")

    def test_a_run_of_a_plugin_that_is_off_waits_for_it(
        self, bank, started, run_jobs, tenant, journal, let_leases_end, client_as
    ):
        admin = client_as("admin")

        def switch(on):
            answer = admin.put("/vault/plugins/bank", json={"enabled": on})
            assert answer.status_code == 200, answer.text

        switch(False)
        run_jobs(tenant)
        assert bank.LOG == []
        assert "The plugin bank is switched off" in journal.find(started).problem
        switch(True)
        let_leases_end()
        run_jobs(tenant)
        assert journal.find(started).status == "done"

    def test_a_step_that_kills_every_process_is_given_up(
        self, bank, started, run_jobs, tenant, journal
    ):
        with sessions.transaction() as work:
            change = "UPDATE host_run SET attempts = 6"
            work.connection.exec_driver_sql(change)
        run_jobs(tenant)
        assert "its process ended in the middle" in journal.find(started).problem
        assert journal.find(started).status == "undone"

    def test_nobody_takes_a_run_between_a_note_and_its_commit(
        self, bank, started, journal, run_jobs
    ):
        drive = driving.taken(journal, journal.find(started))
        drive.run.attempts, found = 0, []

        def take():
            run = journal.find(started)
            run.lease_until = drive.run.lease_until
            found.append(driving.taken(journal, run))

        with journal.writing() as work:
            assert journal.note_done(work.connection, drive.run, 0, "done 1")
            other = threading.Thread(target=take)
            other.start()
            other.join(0.3)
            assert found == []
        other.join(10)
        assert found[0].outputs["1"] == "done 1"
        assert found[0].run.cursor == 1
        with pytest.raises(Exception, match="taken over"), journal.writing() as work:
            assert not journal.note_done(work.connection, drive.run, 1, None)
            journal.move(work.connection, drive.run, 2)

    def test_objects_are_refused_as_inputs_and_outputs(self, bank, monkeypatch):
        with pytest.raises(TypeError, match="The inputs of bank"):
            bank.Write(fails=object()).run()
        monkeypatch.setattr(bank.Write, "first", lambda self: object())
        with pytest.raises(TypeError, match="What 1 returns must be str, int"):
            bank.Write().run()

    def test_an_unregistered_orchestrator_is_refused(self, bank):
        class Secret(bank.Write):
            pass

        with pytest.raises(RuntimeError, match="register_orchestrators"):
            Secret().run()

    def test_who_began_it_goes_on_with_it(
        self, bank, run_jobs, tenant, client_as, monkeypatch
    ):
        seen = []
        monkeypatch.setattr(
            bank.Write, "first", lambda self: seen.append(context.actor().name)
        )
        member = client_as("member")
        with context.acting(tenant, _actor(member, tenant)), sessions.transaction():
            id = bank.Write().start()
        run_jobs(tenant)
        assert seen == ["member"]
        assert member.get(f"/vault/runs/{id}").json["status"] == "done"


def _actor(client, tenant):
    me = client.get("/vault/me").json
    return Actor(UUID(me["id"]), "member", tenant.slug)
