"""Processes under load, killed at random: sums stay exact, and no effect is doubled.

``make test-kill`` runs it with 1,000 kills; ``KILLS`` names another number.
"""

import json
import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from datetime import timedelta
from itertools import count

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import ArchivoltError
from archivolt_host.jobs import claims, worker
from archivolt_host.jobs.registry import QUEUES
from archivolt_host.jobs.relay import Relay
from archivolt_host.kit.testing.killing import pass_time
from archivolt_host.kit.testing.postgres import LOGIN
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import patience
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
    pytest.mark.slow,
]
KILLS = int(os.environ.get("KILLS", "100"))
LONGEST_LIFE = 0.4  # seconds
FAILS = ("", "", "", "clear", "receipt", "close")
ACCOUNTS, MONEY = "ab", 1_000_000
PAYMENTS = (
    "SELECT arguments FROM host_job WHERE name = 'bank.pay_in' AND status = 'done'"
)


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


def relay(host):
    """Ring for what is due, give news its position, and tick, as relays do."""
    looking = Relay(host.catalog, host.valkey_url)
    while True:
        looking._swept_at = 0.0  # begins a round each time
        looking.look()


class Web:
    """Requests that pay in, each sent twice; after a death, the last one once more."""

    def __init__(self, client, folder):
        self._client = client
        self._begun, self._answered = (folder / n for n in ("begun", "answered"))
        for path in (self._begun, self._answered):
            path.write_text("")

    def __call__(self):
        begun = self._begun.read_text().splitlines()
        for key in begun[-1:]:
            self.send(key)
        for number in count(len(begun)):
            with self._begun.open("a") as file:
                file.write(f"payment-{number}\n")
            for _ in range(2):
                self.send(f"payment-{number}")

    def send(self, key):
        sent = {"name": ACCOUNTS[len(key) % 2], "key": key}
        answer = self._client.post(
            "/vault/payments", json=sent, headers={"Idempotency-Key": key}
        )
        if answer.status_code == 202:
            with self._answered.open("a") as file:
                file.write(f"{key}\n")

    def answered(self):
        return set(self._answered.read_text().splitlines())


def patiently(part, *given):
    """Go on with a part, whatever the database does meanwhile."""
    while True:
        with suppress(SQLAlchemyError, ArchivoltError, OSError):
            part(*given)


def kill_at_random(kills, crashes, *parts):
    """Start processes and kill them, until so many have died.

    Now and then the database crashes under them, where it is a server.
    """
    fork, dice = multiprocessing.get_context("fork"), random.Random(7)
    rounds = kills // len(parts)
    ends = {rounds * n // (len(crashes) + 1): one for n, one in enumerate(crashes, 1)}
    for number in range(rounds):
        sessions.databases().dispose()
        living = [
            fork.Process(target=patiently, args=part)
            for part in dice.sample(parts, len(parts))
        ]
        for process in living:
            process.start()
        if number in ends:
            time.sleep(LONGEST_LIFE)
            ends[number]()
        for process in living:
            time.sleep(dice.uniform(0, LONGEST_LIFE))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL


@pytest.fixture
def crashes(request, placement):
    """Let PostgreSQL recover from a backend's death, and from its own: where it is."""
    if placement == "sqlite":
        yield ()
        return
    server = request.getfixturevalue("postgres")

    def kill_backend():
        path = server.folder / "data" / "postmaster.pid"
        leader = int(path.read_text().split()[0])
        found = psutil.Process(leader).children()
        next(p for p in found if LOGIN in " ".join(p.cmdline())).kill()

    # What is answered must be durable: the servers of tests are quick, not safe.
    server.execute(f"ALTER ROLE {LOGIN} SET synchronous_commit = on")
    yield (kill_backend, server.restart)
    server.execute(f"ALTER ROLE {LOGIN} RESET synchronous_commit")


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


@pytest.mark.usefixtures("valkey")
def test_whoever_is_killed_the_sums_are_exact(
    bank, host, tenant, settle, ask, client_as, tmp_path, crashes
):
    """Of workers, of relays, of web processes, and of those that begin runs."""
    web = Web(client_as("member"), tmp_path)
    with sessions.transaction() as opened:
        opened.session.execute(text(f"UPDATE bank_account SET balance = {MONEY}"))
    bank.world("SELECT 1")
    parts = ((begin_runs, bank, tenant), (work, bank, tenant), (relay, host), (web,))
    kill_at_random(KILLS, crashes, *parts)
    settle()
    runs = ask("SELECT id, status, input FROM host_run WHERE parent_id IS NULL")
    assert len(runs) > KILLS / 4
    assert {status for _, status, _ in runs} == {"done", "undone"}
    moved = {name: 0 for name in ACCOUNTS}
    for source, target in done(ask):
        moved[source] -= 1
        moved[target] += 1
    payments = [given(row) for (row,) in ask(PAYMENTS)]
    keys = [payment["key"] for payment in payments]
    assert len(set(keys)) == len(keys) > KILLS / 20
    assert web.answered() <= set(keys)
    for payment in payments:
        moved[payment["name"]] += 1
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
    return [(one["source"], one["target"]) for one in (given(r) for (r,) in rows)]


def given(row):
    """Return JSON as the databases hand it out: as text, or read already."""
    return json.loads(row) if isinstance(row, str) else row
