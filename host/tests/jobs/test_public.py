"""Tasks of the whole host: one run each time, whoever looks, and its outcome noted."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from archivolt_host.app import VERSION
from archivolt_host.jobs import public, public_log, rhythm
from archivolt_host.jobs.public import Rounds, Task
from archivolt_host.jobs.schedule_models import SKIP
from archivolt_host.maintenance import Maintenance
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

pytestmark = [pytest.mark.plugins("core_identity"), pytest.mark.placements]


@pytest.fixture(autouse=True)
def here(host):
    """Outside of any tenant."""


@pytest.fixture
def notes():
    """Nothing: no plugin of a test is needed."""


@pytest.fixture
def task():
    """A task of every hour that notes that it ran, and may fail or wait."""
    ran, go_on = [], threading.Event()
    go_on.set()

    def deed():
        ran.append(now())
        assert go_on.wait(60)
        return f"the {len(ran)}."

    made = Task("host.deed", deed, "Do it.", every=3600)
    object.__setattr__(made, "ran", ran)
    object.__setattr__(made, "go_on", go_on)
    return made


def look(*tasks):
    """Begin what is due, and wait for its end; return how much that was."""
    threads = Rounds(lambda: tasks).look()
    for thread in threads:
        thread.join(60)
    return len(threads)


def log():
    return [(row.status, row.said) for row in reversed(public_log.newest(100))]


def test_a_task_runs_at_its_time_once_whoever_looks(task, clock):
    assert look(task) == 0  # what was before it was known is not made up for
    clock.move(hours=1)
    every = [Rounds(lambda: [task]) for _ in range(4)]
    begun = []
    looks = [lambda r=r: begun.extend(r.look()) for r in every]
    threads = [threading.Thread(target=one) for one in looks]
    for thread in threads:
        thread.start()
    for thread in (*threads, *begun):
        thread.join(60)
    assert len(begun) == 1
    for thread in begun:
        thread.join(60)
    assert look(task) == 0
    clock.move(hours=5)  # as after a night without power: made up for once
    assert look(task) == 1
    assert log() == [("done", "the 1."), ("done", "the 2.")]


def test_what_fails_says_why_and_is_done_the_next_time(clock):
    problems = [OSError("no disk")]

    def deed():
        if problems:
            raise problems.pop()

    task = Task("host.deed", deed, "Do it.", cron="0 * * * *")
    look(task)
    for _ in range(2):
        clock.move(hours=1)
        assert look(task) == 1
    assert log() == [("failed", "OSError: no disk"), ("done", "")]


def test_a_task_does_not_overtake_itself(task, clock):
    look(task)
    task.go_on.clear()
    clock.move(hours=1)
    [thread] = Rounds(lambda: [task]).look()
    with sessions.catalog(write=True) as session:  # its lease is renewed meanwhile
        until = now() + timedelta(hours=2)
        session.execute(update(public_log.RUN).values(lease_until=until))
    clock.move(hours=1)
    assert look(task) == 0
    task.go_on.set()
    thread.join(60)
    assert log() == [("done", "the 1."), ("skipped", "The one before was still at it.")]
    assert len(task.ran) == 1


def test_a_run_whose_process_died_is_given_up(task, clock):
    look(task)
    clock.move(hours=1)
    assert public_log.begin(task.name, now()) is not None  # and here it dies
    clock.move(hours=1)
    assert look(task) == 1
    assert log() == [("lost", "Its process ended before it did."), ("done", "the 1.")]


def go_to_its_time(task, clock):
    clock.move(seconds=(rhythm.next_after(task, now()) - now()).total_seconds() + 1)


def test_what_a_dying_process_left_undone_is_repeated_but_not_for_ever(
    task, clock, monkeypatch
):
    """It may be the task itself that ends its process, as by taking all memory."""
    look(task)
    go_to_its_time(task, clock)
    begun = []
    with monkeypatch.context() as dying:
        dying.setattr(public, "do", lambda task, id: None)  # begun, and never ended
        for _ in range(6):
            begun.append(look(task))
            clock.move(seconds=public_log.LEASE.total_seconds() + 1)
    assert begun == [1, 1, 1, 1, 0, 0]
    go_to_its_time(task, clock)
    assert look(task) == 1
    assert [status for status, _ in log()] == [*["lost"] * 4, "done"]


def test_what_is_repeated_with_success_is_done(task, clock):
    look(task)
    go_to_its_time(task, clock)
    assert public_log.begin(task.name, rhythm.last_until(task, now()))
    assert look(task) == 0  # its process may still be at it
    clock.move(seconds=public_log.LEASE.total_seconds() + 1)
    assert [look(task) for _ in range(3)] == [1, 0, 0]
    assert log() == [("lost", "Its process ended before it did."), ("done", "the 1.")]


def test_what_was_lost_and_is_not_to_be_made_up_for_is_not_repeated(clock):
    task = Task("x", lambda: None, "Do it.", every=3600, missed=SKIP)
    look(task)
    go_to_its_time(task, clock)
    assert public_log.begin(task.name, rhythm.last_until(task, now()))
    clock.move(seconds=public_log.LEASE.total_seconds() + 1)
    assert look(task) == 0
    assert [status for status, _ in log()] == ["lost"]


def test_a_process_that_slept_does_not_take_its_own_run_for_lost(task, clock):
    """As a laptop that was closed: the lease ended, but the work goes on."""
    rounds = Rounds(lambda: [task])
    rounds.look()
    go_to_its_time(task, clock)
    task.go_on.clear()
    [thread] = rounds.look()
    clock.move(seconds=public_log.LEASE.total_seconds() + 1)
    assert rounds.look() == []
    task.go_on.set()
    thread.join(60)
    assert log() == [("done", "the 1.")]


def test_a_task_whose_time_nobody_can_tell_keeps_no_other(task, clock):
    wrong = Task("wrong", lambda: None, "Do it.", cron="0 7 * * *", zone="Mars")
    look(wrong, task)
    go_to_its_time(task, clock)
    assert look(wrong, task) == 1


def test_what_is_not_to_be_made_up_for_is_not(clock):
    ran = []
    task = Task("x", lambda: ran.append(1), "Do it.", cron="0 * * * *", missed=SKIP)
    look(task)
    moment = now().replace(minute=30) + timedelta(hours=2)
    clock.move(seconds=(moment - now()).total_seconds())
    assert look(task) == 0
    moment = moment.replace(minute=0, second=20) + timedelta(hours=1)
    clock.move(seconds=(moment - now()).total_seconds())
    assert look(task) == 1
    assert [status for status, _ in log()] == ["skipped", "done"]
    assert ran == [1]


def test_each_of_the_hosts_own_tasks_is_done(host, clock, valkey):
    tasks = Maintenance(host, VERSION).tasks()
    names = {task.name for task in tasks}
    assert {"host.back_up", "host.check_health", "host.check_disk"} < names
    assert all(task.summary.endswith(".") for task in tasks)
    look(*tasks)
    clock.move(days=1)
    assert look(*tasks) == len(tasks)
    assert {status for status, _ in log()} == {"done"}
    [backup] = host.home.backups.iterdir()
    assert (backup / "archivolt.json").exists()


@pytest.mark.settings(host={"backups": "", "valkey_url": "redis://127.0.0.1:1"})
def test_what_is_down_is_named_and_backups_can_be_switched_off(host):
    tasks = {task.name: task for task in Maintenance(host, VERSION).tasks()}
    assert "host.back_up" not in tasks
    with pytest.raises(Exception, match="valkey does not answer: ConnectionError"):
        tasks["host.check_health"].run()


def test_old_runs_are_forgotten_but_the_last_of_each(task, clock):
    look(task)
    for _ in range(3):
        clock.move(hours=1)
        look(task)
    clock.move(days=100)
    assert public_log.forget_old() == 3  # and when it was first known
    assert [said for _, said in log()] == ["the 3."]
