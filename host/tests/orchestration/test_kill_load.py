"""Processes under load, killed at random: sums stay exact, and no effect is doubled.

``make test-kill`` runs it with 1,000 kills; ``KILLS`` names another number.
"""

import json
import multiprocessing
import os
import random
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from archivolt_host.errors import ArchivoltError
from archivolt_host.jobs import claims, worker
from archivolt_host.jobs.registry import QUEUES
from archivolt_host.kit.testing.killing import pass_time
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import patience
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
    pytest.mark.slow,
]
KILLS = int(os.environ.get("KILLS", "100"))
AT_ONCE = 2  # processes: one begins runs, the other works as a worker does
LONGEST_LIFE = 0.4  # seconds
FAILS = ("", "", "", "clear", "receipt", "close")
ACCOUNTS, MONEY = "ab", 1_000_000


@pytest.fixture(autouse=True)
def short_lives(monkeypatch):
    """Let leases end within the test, so that the living take over from the dead."""
    monkeypatch.setattr(journals, "LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr(patience, "WAITS", (0.01,))


def begin_runs(bank, tenant):
    """Begin one transfer after the other, some here, some by a job."""
    dice = random.Random()
    with context.acting(tenant):
        while True:
            source, target = dice.sample(ACCOUNTS, 2)
            transfer = bank.Transfer(source, target, 1, dice.choice(FAILS))
            try:
                if dice.random() < 0.5:
                    transfer.run()
                else:
                    with sessions.transaction():
                        transfer.start()
            except (ArchivoltError, claims.LeaseLostError):
                continue


def work(bank, tenant):
    """Do what is due, as workers do."""
    with context.acting(tenant):
        while True:
            if not any([worker.run_next(tenant, queue) for queue in QUEUES]):
                time.sleep(0.01)


def kill_at_random(bank, tenant, kills):
    """Start processes and kill them, until so many have died."""
    fork, dice = multiprocessing.get_context("fork"), random.Random(7)
    parts = [begin_runs, work]
    for number in range(0, kills, AT_ONCE):
        sessions.databases().dispose()
        dice.shuffle(parts)
        living = [
            fork.Process(target=parts[(number + n) % 2], args=(bank, tenant))
            for n in range(AT_ONCE)
        ]
        for process in living:
            process.start()
        for process in living:
            time.sleep(dice.uniform(0, LONGEST_LIFE))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL


@pytest.fixture
def settle(tenant, run_jobs):
    """Let the survivors finish what the dead began."""

    def until_quiet():
        for _ in range(200):
            if not pass_time(tenant):
                return
            run_jobs(tenant)
        raise AssertionError("runs or jobs are still under way")

    return until_quiet


def test_whoever_is_killed_the_sums_are_exact(bank, tenant, settle, ask):
    with sessions.transaction() as opened:
        opened.session.execute(text(f"UPDATE bank_account SET balance = {MONEY}"))
    bank.world("SELECT 1")
    kill_at_random(bank, tenant, KILLS)
    settle()
    runs = ask("SELECT id, status, input FROM host_run WHERE parent_id IS NULL")
    assert len(runs) > KILLS / 4
    assert {status for _, status, _ in runs} == {"done", "undone"}
    moved = {name: 0 for name in ACCOUNTS}
    for source, target in done(ask):
        moved[source] -= 1
        moved[target] += 1
    balances = dict(ask("SELECT name, balance FROM bank_account"))
    assert balances == {name: MONEY + moved[name] for name in ACCOUNTS}
    receipts = ask("SELECT run, COUNT(*) FROM bank_entry GROUP BY run")
    assert {count for _, count in receipts} == {1}
    assert len(receipts) == len(done(ask))
    kept = bank.world("SELECT amount FROM charge WHERE cancelled = 0")
    assert sorted(amount for (amount,) in kept) == sorted([0, 1] * len(done(ask)))
    taken_over = ask("SELECT COUNT(*) FROM host_run WHERE fence > 1")[0][0]
    assert taken_over > 0


def done(ask):
    """Return the transfers that were done: from where, to where."""
    rows = ask("SELECT input FROM host_run WHERE status = 'done' AND parent_id IS NULL")
    given = [json.loads(row) if isinstance(row, str) else row for (row,) in rows]
    return [(one["source"], one["target"]) for one in given]
