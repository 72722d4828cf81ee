import os
import signal
import time
from itertools import pairwise

import psutil
import pytest

from archivolt_host.cli.run.children import Child
from archivolt_host.cli.run.slots import Slot

DELAYS = [0.0, 0.1, 0.2, 0.4, 0.8]


def test_every_process_says_what_it_is(run):
    one = run().ready()
    assert psutil.Process(one.pid).cmdline()[0] == "archivolt"
    names = {"web": 2, "worker": 1, "relay": 1, "scheduler": 1, "valkey": 1}
    assert {name: len(one.pids(name)) for name in names} == names


@pytest.mark.parametrize("name", ["worker", "relay", "scheduler", "valkey"])
def test_a_killed_child_is_back_at_once_and_reported_in_one_line(run, until, name):
    one = run().ready()
    [victim] = one.pids(name)
    os.kill(victim, signal.SIGKILL)
    until(lambda: one.pids(name) not in ([], [victim]))
    line = f"{name} (process {victim}) was killed by SIGKILL; starting it again\n"
    assert one.said().count(line) == 1


def test_the_delay_doubles_to_half_a_minute_and_a_healthy_life_resets_it():
    slot = Slot(Child("any", ["/bin/true"]))
    assert [slot.died(now=1.0) for _ in range(5)] == DELAYS
    assert [slot.died(now=1.0) for _ in range(7)][-2:] == [30.0, 30.0]
    slot.started(1, now=100.0)
    assert slot.died(now=159.0) == 30.0
    slot.started(2, now=200.0)
    assert slot.died(now=260.0) == 0.0


def test_a_child_that_dies_at_once_is_started_less_and_less_often(run, until, tmp_path):
    starts = tmp_path / "starts"
    one = run(EXTRA="broken", BROKEN_STARTS=str(starts)).ready()
    until(lambda: starts.exists() and len(starts.read_text().split()) >= 6)
    times = [float(line) for line in starts.read_text().split()]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= delay for gap, delay in zip(gaps, DELAYS, strict=False))
    assert "ended with exit code 3; starting it again in 0.4 s\n" in one.said()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_nothing(run, number):
    one = run().ready()
    children = one.pids()
    assert len(children) == 6
    assert one.stop(number) == 0
    assert not any(psutil.pid_exists(pid) for pid in children)
    assert "Traceback" not in one.said()


def test_a_stop_in_the_middle_of_the_start_is_clean(run, until):
    one = run()
    children = until(one.pids)
    assert one.stop() == 0
    assert not any(psutil.pid_exists(pid) for pid in children)


def test_a_child_that_does_not_listen_is_killed_after_its_grace(run):
    one = run(EXTRA="deaf").ready()
    [deaf] = one.pids("deaf")
    assert one.stop() == 0
    assert f"deaf (process {deaf}) did not stop in 0.5 s; killing it" in one.said()
    assert not psutil.pid_exists(deaf)


def test_a_second_ctrl_c_stops_at_once(run, until):
    one = run(EXTRA="stubborn").ready()
    children = one.pids()
    one.process.send_signal(signal.SIGINT)
    until(lambda: len(one.pids()) <= 2)  # the stubborn one has 10 s, and Valkey waits
    began = time.monotonic()
    assert one.stop(signal.SIGINT) == 130
    assert time.monotonic() - began < 8  # not the 10 s that it has
    assert not any(psutil.pid_exists(pid) for pid in children)


def test_no_child_outlives_a_killed_supervisor_and_a_new_start_works(run, until):
    one = run().ready()
    children = one.pids()
    one.stop(signal.SIGKILL)
    until(lambda: not any(map(psutil.pid_exists, children)))
    again = run().ready()
    assert again.get().isdigit()


@pytest.mark.parametrize("killed", ["parent", "supervisor"])
def test_what_a_child_has_forked_goes_with_it(run, until, tmp_path, killed):
    note = tmp_path / "grandchild"
    one = run(EXTRA="parent", GRANDCHILD=str(note)).ready()
    grandchild = int(until(lambda: note.exists() and note.read_text()))
    pids = {"parent": psutil.Process(grandchild).ppid(), "supervisor": one.pid}
    os.kill(pids[killed], signal.SIGKILL)
    until(lambda: not psutil.pid_exists(grandchild))
