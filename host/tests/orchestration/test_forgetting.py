"""What has ended is forgotten in time, but no part of what may yet be taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from archivolt_host.errors import RefusedError
from archivolt_host.orchestration import inbox, patience, sweeping
from archivolt_host.orchestration.models import RunRow
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

pytestmark = [pytest.mark.plugins("core_identity", "bank"), pytest.mark.placements]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(patience, "WAITS", (0.01,))


@pytest.fixture
def forget(tenant):
    """Let five weeks go by, and forget what is old; return the number of runs."""

    def forgets():
        with sessions.transaction() as work:
            ended = update(RunRow).where(RunRow.finished_at.is_not(None))
            ago = now() - timedelta(days=35)
            work.connection.execute(ended.values(finished_at=ago))
        with sessions.transaction():
            return sweeping.forget_old()

    return forgets


@pytest.fixture
def stuck(bank, monkeypatch, ask):
    """Have a run that got stuck after its part was done; return its id."""

    def no(run):
        raise RuntimeError("no luck")

    with monkeypatch.context() as patch:
        patch.setattr(bank.Transfer, "take_out", no)
        with pytest.raises(RefusedError):
            bank.Transfer("a", "b", 30, fails="close").run()
    with sessions.reading() as work:
        stuck = RunRow.status == "stuck"
        return work.session.query(RunRow.id).where(stuck).scalar()


@pytest.fixture
def decide(tenant, journal, run_jobs):
    """Do something about a run, and have the workers go on with it."""

    def deed(name, id, *arguments):
        with sessions.transaction():
            getattr(inbox, name)(journal, id, *arguments)
        run_jobs(tenant)

    return deed


def money(ask):
    return dict(ask("SELECT name, balance FROM bank_account"))


def test_a_part_of_a_stuck_run_is_kept_and_taken_back_with_it(
    bank, stuck, forget, decide, ask
):
    assert forget() == 0
    decide("retry", stuck)
    assert {s for (s,) in ask("SELECT status FROM host_run")} == {"undone"}
    assert ask("SELECT words FROM bank_entry") == []
    assert money(ask) == {"a": 100, "b": 100}
    assert {c for (c,) in bank.world("SELECT cancelled FROM charge")} == {1}


def test_what_has_ended_goes_with_its_parts_and_their_steps(bank, forget, ask):
    bank.Transfer("a", "b", 30).run()
    bank.Write().run()
    assert forget() == 3
    assert ask("SELECT * FROM host_run") == ask("SELECT * FROM host_step") == []


def test_a_part_of_which_nothing_is_known_any_more_is_for_a_person(
    bank, stuck, decide, ask
):
    with sessions.transaction() as work:
        delete = "DELETE FROM host_run WHERE parent_id IS NOT NULL"
        work.connection.exec_driver_sql(delete)
    decide("retry", stuck)
    [(status, problem)] = ask("SELECT status, problem FROM host_run")
    assert status == "stuck"
    assert "The notes on receipt are gone" in problem
    assert str(stuck) in problem
    decide("skip", stuck, "ada")
    assert ask("SELECT status FROM host_run") == [("undone",)]
    assert money(ask) == {"a": 100, "b": 100}


def test_a_part_that_had_nothing_to_do_is_taken_back_like_any_other(
    bank, monkeypatch, ask
):
    steps = bank.Receipt.steps
    left_out = {"when": lambda: False}
    monkeypatch.setattr(
        bank.Receipt, "steps", lambda run: (replace(s, **left_out) for s in steps(run))
    )
    with pytest.raises(RefusedError, match="cannot be closed"):
        bank.Transfer("a", "b", 30, fails="close").run()
    assert {s for (s,) in ask("SELECT status FROM host_run")} == {"undone"}
    assert money(ask) == {"a": 100, "b": 100}
