"""Every commit boundary of every story: killed there, all ends done or undone."""

import pytest

from archivolt_host.kit.jobs import enqueue
from archivolt_host.kit.orchestrator import Step
from archivolt_host.kit.testing.killing import NotRecoveredError
from archivolt_host.orchestration import unwinding
from archivolt_host.orchestration.driving import Drive
from archivolt_host.tenants import sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
]


@pytest.fixture
def sound(bank, ask):
    """Check that each transfer happened as a whole, here and there, or not at all."""

    def check():
        runs = ask("SELECT id, name, status FROM host_run WHERE parent_id IS NULL")
        assert {status for *_, status in runs} <= {"done", "undone"}, runs
        states = ask(
            "SELECT DISTINCT r.status, s.status FROM host_run r "
            "JOIN host_step s ON s.run_id = r.id"
        )
        assert set(states) <= {
            ("done", "done"),
            ("undone", "undone"),
            ("undone", "kept"),
        }, states
        done = sum(status == "done" for *_, status in runs)
        money = dict(ask("SELECT name, balance FROM bank_account"))
        assert money == {"a": 1000 - done, "b": 1000 + done}, (done, money)
        assert len(ask("SELECT * FROM bank_entry")) == done
        charged = bank.world("SELECT key, amount FROM charge WHERE cancelled = 0")
        assert sorted(a for _, a in charged) == [0] * done + [1] * done, charged

    with sessions.transaction() as work:
        work.connection.exec_driver_sql("UPDATE bank_account SET balance = 1000")
    bank.world("SELECT 1")
    return check


STORIES = [("clear", 10), ("", 22), ("receipt", 28), ("close", 38)]


def survives(bank, kill_points, sound, fails, points, **how):
    """Kill a transfer at every point, and count them."""
    story = bank.Transfer
    found = kill_points(lambda: story("a", "b", 1, fails).run(), sound, **how)
    assert found - points in (0, 2)  # the catalog hears of the tenant once a minute


@pytest.mark.parametrize(("fails", "points"), STORIES[:1])
def test_a_transfer_survives_a_kill_at_every_commit(
    bank, kill_points, sound, fails, points
):
    survives(bank, kill_points, sound, fails, points)


@pytest.mark.slow
@pytest.mark.parametrize(("fails", "points"), STORIES[1:])
def test_so_does_one_that_ends_otherwise(bank, kill_points, sound, fails, points):
    survives(bank, kill_points, sound, fails, points)


@pytest.mark.slow
@pytest.mark.parametrize(("fails", "points"), STORIES[:1])
def test_it_survives_another_kill_at_every_commit_of_the_recovery(
    bank, kill_points, sound, fails, points
):
    survives(bank, kill_points, sound, fails, points, again=True)


def test_what_a_worker_was_to_begin_survives_as_well(
    bank, kill_points, sound, run_jobs, tenant
):
    def begin():
        with sessions.transaction():
            bank.Transfer("a", "b", 1).start()

    kill_points(lambda: run_jobs(tenant), sound, prepare=begin)


def test_a_job_survives_a_kill_at_every_commit(
    bank, kill_points, run_jobs, tenant, ask
):
    paid = [0]

    def pay():
        paid[0] += 1
        with sessions.transaction():
            enqueue(bank.pay_in, name="a", amount=1)

    def check():
        [(balance,)] = ask("SELECT balance FROM bank_account WHERE name = 'a'")
        assert balance == 100 + paid[0]

    assert kill_points(lambda: run_jobs(tenant), check, prepare=pay) >= 4


def do_apart(drive, step):
    """Do a step as a broken build would: its work apart from the note on it."""
    with drive.journal.writing():
        output = step.do()
    with drive.journal.writing() as work:
        drive._go_to(drive._note_done(work, output))


def undo_apart(drive, row, last):
    """Undo a step the same way."""
    with drive.journal.writing():
        drive.steps[row.seq].undo()
    with drive.journal.writing() as work:
        unwinding._note(drive, work.connection, row, "undone", last)
    drive.run.cursor, drive.run.attempts = row.seq, 0
    drive.run.status = "undone" if last else drive.run.status


def is_local(step):
    return isinstance(step, Step) and not step.external


def test_a_build_that_commits_work_apart_from_its_note_is_caught(
    bank, kill_points, sound, monkeypatch
):
    whole = Drive._do
    monkeypatch.setattr(
        Drive, "_do", lambda d, s: do_apart(d, s) if is_local(s) else whole(d, s)
    )
    with pytest.raises(NotRecoveredError, match=r"killed at point \d+: .*'a': 99"):
        kill_points(lambda: bank.Transfer("a", "b", 1).run(), sound)


def test_a_build_that_undoes_apart_from_its_note_is_caught(
    bank, kill_points, sound, monkeypatch
):
    whole = unwinding._undo_once
    monkeypatch.setattr(
        unwinding,
        "_undo_once",
        lambda d, row, last: (
            undo_apart(d, row, last)
            if is_local(d.steps[row.seq])
            else whole(d, row, last)
        ),
    )
    with pytest.raises(NotRecoveredError, match=r"killed at point \d+: .*'a': 1001"):
        kill_points(lambda: bank.Transfer("a", "b", 1, "clear").run(), sound)


def test_a_build_that_calls_out_without_a_note_is_caught(
    bank, kill_points, sound, monkeypatch
):
    monkeypatch.setattr(Drive, "_note_begun", lambda drive: None)
    with pytest.raises(NotRecoveredError, match=r"\[1\] == \[\]"):
        kill_points(lambda: bank.Transfer("a", "b", 1, "clear").run(), sound)


def test_a_story_that_fails_by_itself_is_told(kill_points, bank):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        kill_points(lambda: 1 / 0, lambda: None)
