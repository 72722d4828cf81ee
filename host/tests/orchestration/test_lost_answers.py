"""A commit whose answer is lost, or that fails: either way nothing is doubled."""

from contextlib import contextmanager, suppress
from itertools import count

import pytest
from sqlalchemy.exc import OperationalError

from archivolt_host.errors import ArchivoltError
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.tenants import sessions, work

pytestmark = [
    pytest.mark.plugins("core_identity", "bank"),
    pytest.mark.placements,
]
LOST = OperationalError("COMMIT", {}, Exception("server closed the connection"))


@contextmanager
def losing(number, *, goes_through):
    """Lose the answer of one commit, which goes through or does not."""
    numbers, make_durable, seen = count(1), work._make_durable, []

    def durable(connection):
        is_lost = next(numbers) == number
        if goes_through or not is_lost:
            make_durable(connection)
        if is_lost:
            seen.append(number)
            raise LOST

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_make_durable", durable)
        yield seen


LATE = ("receipt", "close")  # stories that fail after much was done


@pytest.mark.parametrize("goes_through", [True, False])
@pytest.mark.parametrize(
    "fails", ["", *(pytest.param(f, marks=pytest.mark.slow) for f in LATE)]
)
def test_at_every_commit(
    bank, ask, run_jobs, tenant, let_leases_end, fails, goes_through
):
    with sessions.transaction() as opened:
        opened.connection.exec_driver_sql("UPDATE bank_account SET balance = 1000")
    bank.world("SELECT 1")
    for number in count(1):
        refusals = (ArchivoltError, LeaseLostError, OperationalError)
        with losing(number, goes_through=goes_through) as seen, suppress(*refusals):
            bank.Transfer("a", "b", 1, fails).run()
        for _ in range(3):
            let_leases_end()
            run_jobs(tenant)
        check(bank, ask, number)
        if not seen:
            return


def check(bank, ask, number):
    runs = ask("SELECT status FROM host_run WHERE parent_id IS NULL")
    done = runs.count(("done",))
    assert {status for (status,) in runs} <= {"done", "undone"}, number
    money = dict(ask("SELECT name, balance FROM bank_account"))
    assert money == {"a": 1000 - done, "b": 1000 + done}, number
    assert len(ask("SELECT * FROM bank_entry")) == done, number
    kept = bank.world("SELECT amount FROM charge WHERE cancelled = 0")
    assert sorted(a for (a,) in kept) == [0] * done + [1] * done, number
