"""A run meets another program than the one that began it: it waits, and says for what.

Nobody else is held up meanwhile.
"""

from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from archivolt_host.kit.orchestrator import RunWaitsError
from archivolt_host.orchestration import patience, running, sweeping
from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.orchestration.models import CatalogRunRow
from archivolt_host.orchestration.registry import orchestrators
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

pytestmark = [pytest.mark.plugins("core_identity", "bank"), pytest.mark.placements]


@pytest.fixture(autouse=True)
def let_go(monkeypatch):
    """After the second attempt a run is let go."""
    monkeypatch.setattr(patience, "WAITS", (0.01, 5.0))


@contextmanager
def loaded(kind, version=1):
    """Have another class loaded under a name, and this version of it alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(orchestrators()._kinds, kind.name, {version: kind})
        yield


@pytest.fixture
def later(let_leases_end, run_jobs):
    """Let time pass, and the workers work."""

    def pass_by():
        let_leases_end()
        run_jobs()

    return pass_by


def others(bank):
    """Return classes that the inputs of ``Write`` fit no longer, and what is said."""

    class Fewer(bank.Write):
        name = bank.Write.name

        def __init__(self, fails: str = "") -> None:
            super().__init__(fails)

    class More(bank.Write):
        name = bank.Write.name

        def __init__(self, wanted: str, fails: str = "", undo_fails: str = "") -> None:
            super().__init__(fails, undo_fails)

    class Typed(bank.Write):
        name = bank.Write.name

        def __init__(self, fails: UUID, undo_fails: str = "") -> None:
            super().__init__("", undo_fails)

    return {Fewer: "KeyError", More: "'wanted'", Typed: "ValueError"}


def test_a_run_whose_inputs_fit_no_longer_says_so_and_waits(
    bank, later, run_jobs, journal
):
    with sessions.transaction():
        id = bank.Write().start()
    for kind, said in others(bank).items():
        with loaded(kind):
            later()
        run = journal.find(id)
        assert (run.status, run.lease_owner) == ("running", None)
        assert "A class for the inputs of bank.write (it must stay" in run.problem
        assert said in run.problem
    assert bank.LOG == []
    later()
    assert journal.find(id).status == "done"


@pytest.fixture
def waiting(bank, monkeypatch, journal):
    """Have a run wait before a step of its own, or of a part of it; return its id."""

    def at(kind, step):
        def fail(run) -> str:
            raise ConnectionError("nobody there")

        with monkeypatch.context() as down:
            down.setattr(kind, step, fail)
            with pytest.raises(RunWaitsError):
                bank.Transfer("a", "b", 30).run()
        with journal.reading() as connection:
            find = "SELECT id FROM host_run WHERE parent_id IS NULL"
            return UUID(str(connection.exec_driver_sql(find).scalar()))

    return at


def money(ask):
    return dict(ask("SELECT name, balance FROM bank_account"))


def test_a_run_whose_outputs_fit_no_longer_says_so_and_waits(
    bank, waiting, later, journal, ask
):
    class Typed(bank.Transfer):
        name = bank.Transfer.name

        def withdraw(self) -> UUID:
            raise NotImplementedError

    id = waiting(bank.Transfer, "clear")
    with loaded(Typed):
        for _ in range(2):
            later()
            run = journal.find(id)
            assert (run.status, run.lease_owner) == ("running", None)
            assert "withdraw of bank.transfer gave its output" in run.problem
    later()
    assert journal.find(id).status == "done"
    assert money(ask) == {"a": 70, "b": 130}


def test_a_run_waits_for_the_version_of_its_part(bank, waiting, later, journal, ask):
    id = waiting(bank.Receipt, "file")
    with loaded(bank.Receipt, version=2):
        later()
    run = journal.find(id)
    assert (run.status, run.lease_owner) == ("running", None)
    assert "Version 1 of the orchestrator bank.receipt was not found" in run.problem
    later()
    assert journal.find(id).status == "done"
    assert money(ask) == {"a": 70, "b": 130}


def test_two_that_would_let_a_run_wait_do_not_fail(bank, journal, monkeypatch):
    with sessions.transaction():
        id = bank.Write().start()
    asleep, raced = running._asleep, []

    def meanwhile(*arguments):
        if not raced:
            raced.append("another process")
            running.resume(journal, id)
        return asleep(*arguments)

    monkeypatch.setattr(running, "_asleep", meanwhile)
    with loaded(bank.Write, version=2):
        assert "Version 1" in running.resume(journal, id).problem
    assert raced


def add(**changed):
    """Note a run of the system that nobody holds; return its id."""
    moment = now() - timedelta(minutes=1)
    run = Run(uuid7(), "host.create_tenant", 99, {}, ["enter"], lease_until=moment)
    run.actor_id, run.carried = UUID(int=7), {"request_id": ""}
    for name, value in changed.items():
        setattr(run, name, value)
    journal = Journal(None)
    with journal.writing() as work:
        journal.insert(work.connection, run)
    return run.id


def test_a_damaged_run_of_the_system_holds_up_no_other(host):
    damaged = add(carried={}, lease_until=now() - timedelta(hours=1))
    sound, looks = add(), iter((False, True))
    sweeping.keep_sweeping_system(lambda seconds: next(looks))
    with sessions.catalog() as session:
        assert session.get(CatalogRunRow, damaged).problem is None
        assert "Version 99" in session.get(CatalogRunRow, sound).problem


def test_whatever_happens_the_system_is_looked_at_again(host, monkeypatch):
    looked = []

    def look():
        looked.append(now())
        raise RuntimeError("no luck")

    monkeypatch.setattr(sweeping, "sweep_system", look)
    sweeping.keep_sweeping_system(lambda seconds: len(looked) == 2)
    assert len(looked) == 2
