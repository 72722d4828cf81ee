"""What got stuck, waits or is unwanted: seen, and mended."""

from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from archivolt_host.errors import ArchivoltError, RefusedError
from archivolt_host.http.paging import Page
from archivolt_host.kit.orchestrator import RunWaitsError
from archivolt_host.orchestration import patience, running, unwinding
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Let nobody wait long in a test; after the second attempt the run is let go."""
    monkeypatch.setattr(patience, "WAITS", (0.01, 5.0))


@pytest.fixture
def stuck(bank, run_jobs, tenant, let_leases_end):
    """Have a run whose second step cannot be undone; return its id."""
    with pytest.raises(RefusedError):
        bank.Write(fails="3", undo_fails="2").run()
    for _ in range(unwinding.TRIES):
        let_leases_end()
        run_jobs(tenant)

    def find():
        with context.acting(tenant), sessions.reading() as work:
            rows = work.connection.exec_driver_sql("SELECT id FROM host_run")
            return str(rows.scalar())

    return find()


def test_a_run_that_cannot_be_undone_lies_in_the_inbox(stuck, client_as):
    admin = client_as("admin")
    [run] = admin.get("/vault/runs?status=stuck").json["items"]
    assert run["problem"] == "2 could not be undone: RuntimeError: no luck"
    assert "then retry" in run["advice"]
    shown = admin.get(f"/vault/runs/{run['id']}").json
    assert [s["status"] for s in shown["steps"]] == ["done", "done", None]
    assert (run["steps_done"], run["steps_total"]) == (2, 3)
    assert shown["steps"][1]["problem"] == run["problem"]


def test_a_run_waits_for_a_server_that_is_away_and_bothers_nobody(
    bank, run_jobs, tenant, let_leases_end, monkeypatch, ask
):
    def away(run):
        raise OperationalError("UPDATE", {}, psycopg.OperationalError("starting up"))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(patience, "WAITS", (0.01,))
        meanwhile.setattr(bank.Write, "undo_second", away)
        with pytest.raises(RefusedError):
            bank.Write(fails="3").run()
        for _ in range(3):
            let_leases_end()
            run_jobs(tenant)
        assert ask("SELECT status FROM host_run") == [("unwinding",)]
    let_leases_end()
    run_jobs(tenant)
    assert ask("SELECT status FROM host_run") == [("undone",)]


def test_once_mended_it_is_retried(stuck, bank, client_as, run_jobs, monkeypatch, ask):
    admin = client_as("admin")
    monkeypatch.setattr(bank.Write, "undo_second", lambda run: run.take_back("x"))
    [run] = admin.get("/vault/runs?status=stuck").json["items"]
    answer = admin.post(f"/vault/runs/{run['id']}/retry")
    assert answer.status_code == 202, answer.text
    run_jobs()
    assert admin.get(f"/vault/runs/{run['id']}").json["status"] == "undone"
    assert admin.get("/vault/runs?status=stuck").json["items"] == []
    assert ask("SELECT words FROM bank_entry") == [("2",)]


def test_what_was_undone_by_hand_is_skipped(stuck, client_as, run_jobs):
    admin = client_as("admin")
    [run] = admin.get("/vault/runs?status=stuck").json["items"]
    assert admin.post(f"/vault/runs/{run['id']}/skip").status_code == 202
    run_jobs()
    shown = admin.get(f"/vault/runs/{run['id']}").json
    assert shown["status"] == "undone"
    assert [s["status"] for s in shown["steps"]] == ["undone", "skipped", None]
    assert shown["steps"][1]["problem"].startswith("admin saw to it by hand. Before: 2")


def test_what_has_ended_is_neither_retried_nor_skipped_nor_cancelled(
    bank, client_as, is_problem
):
    bank.Write().run()
    admin = client_as("admin")
    [run] = admin.get("/vault/runs").json["items"]
    for deed in ("retry", "skip", "cancel"):
        is_problem(admin.post(f"/vault/runs/{run['id']}/{deed}"), 409, "refused")


def test_runs_of_others_are_for_those_who_may_see_them(bank, client_as, tenant):
    bank.Write().run()
    admin, member = client_as("admin"), client_as("member")
    [run] = admin.get("/vault/runs").json["items"]
    assert member.get("/vault/runs").status_code == 403
    assert member.get(f"/vault/runs/{run['id']}").status_code == 404
    assert member.post(f"/vault/runs/{run['id']}/cancel").status_code == 403


def test_the_list_is_paged(bank, client_as):
    for _ in range(5):
        bank.Write().run()
    admin, seen, path = client_as("admin"), [], "/vault/runs?limit=2"
    while path:
        page = admin.get(path).json
        seen += [run["id"] for run in page["items"]]
        cursor = page["next"]
        path = f"/vault/runs?limit=2&cursor={cursor}" if cursor else None
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    assert admin.get("/vault/runs?cursor=x").status_code == 400


MADE_UP = ([], ["x"], [5], [None], [{}], [["x"]], [str(UUID(int=7)), "x"])


def test_a_cursor_that_somebody_made_up_is_refused(bank, client_as, is_problem):
    admin = client_as("admin")
    unfiltered = {"cursor": None, "count": False, "status": None, "name": None}
    for values in MADE_UP:
        cursor = Page.of({"limit": 50, **unfiltered}).cursor_at(values)
        refused = admin.get(f"/vault/runs?cursor={cursor}")
        assert "cursor" in is_problem(refused, 400, "invalid")["errors"], values


def test_a_step_of_another_system_is_tried_again_later(
    bank, monkeypatch, let_leases_end, run_jobs, tenant, ask, journal
):
    def clear(run):
        bank.LOG.append(run.key)
        if len(bank.LOG) < 3:
            raise ConnectionError("nobody there")
        bank.charge(run.key, 30)
        return run.key

    clear.__annotations__ = {"return": str}
    monkeypatch.setattr(bank.Transfer, "clear", clear)
    with pytest.raises(RunWaitsError, match="nobody there") as waits:
        bank.Transfer("a", "b", 30).run()
    assert "/vault/runs/" in str(waits.value)
    [(status, problem)] = ask("SELECT status, problem FROM host_run")
    assert (status, problem) == ("running", "ConnectionError: nobody there")
    let_leases_end()
    run_jobs(tenant)
    assert dict(ask("SELECT name, balance FROM bank_account")) == {"a": 70, "b": 130}
    assert len(set(bank.LOG)) == 1
    assert len(bank.LOG) == 3


def test_a_step_that_never_works_is_undone_in_the_end(
    bank, monkeypatch, let_leases_end, run_jobs, tenant, ask
):
    def clear(run) -> str:
        bank.LOG.append(run.key)
        raise ConnectionError("nobody there")

    monkeypatch.setattr(bank.Transfer, "clear", clear)
    with pytest.raises(RunWaitsError):
        bank.Transfer("a", "b", 30).run()
    for _ in range(5):
        let_leases_end()
        run_jobs(tenant)
    assert len(bank.LOG) == 4
    assert ask("SELECT status FROM host_run") == [("undone",)]
    assert dict(ask("SELECT name, balance FROM bank_account")) == {"a": 100, "b": 100}


def test_a_waiting_run_is_cancelled(
    bank, monkeypatch, client_as, run_jobs, tenant, ask
):
    def clear(run) -> str:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(bank.Transfer, "clear", clear)
    with pytest.raises(RunWaitsError):
        bank.Transfer("a", "b", 30).run()
    admin = client_as("admin")
    [run] = admin.get("/vault/runs").json["items"]
    assert "goes on by itself at" in run["advice"]
    assert admin.post(f"/vault/runs/{run['id']}/cancel").status_code == 202
    run_jobs(tenant)
    [run] = admin.get("/vault/runs").json["items"]
    assert (run["status"], run["problem"]) == ("undone", "admin cancelled it.")
    assert dict(ask("SELECT name, balance FROM bank_account")) == {"a": 100, "b": 100}


def test_a_run_under_way_is_cancelled_before_its_next_step(bank, monkeypatch, ask):
    def clear(run) -> str:
        with sessions.transaction() as work:
            change = "UPDATE host_run SET cancelled_by = 'ada'"
            work.connection.exec_driver_sql(change)
        bank.charge(run.key, 30)
        return run.key

    monkeypatch.setattr(bank.Transfer, "clear", clear)
    with pytest.raises(ArchivoltError, match="ada cancelled it"):
        bank.Transfer("a", "b", 30).run()
    assert ask("SELECT status FROM host_run") == [("undone",)]
    assert bank.world("SELECT cancelled FROM charge") == [(1,)]


def test_who_slept_through_the_lease_writes_nothing(
    bank, monkeypatch, let_leases_end, journal, ask
):
    def clear(run) -> str:
        if not bank.LOG:
            bank.LOG.append("slept")
            let_leases_end()
            running.resume(journal, run.run_id)  # another process meanwhile
        bank.charge(run.key, 30)
        return run.key

    monkeypatch.setattr(bank.Transfer, "clear", clear)
    with pytest.raises(Exception, match="was taken over by another process"):
        bank.Transfer("a", "b", 30).run()
    assert dict(ask("SELECT name, balance FROM bank_account")) == {"a": 70, "b": 130}
    assert ask("SELECT words FROM bank_entry") == [("receipt",)]
    assert [c for (c,) in bank.world("SELECT cancelled FROM charge")] == [0, 0]
