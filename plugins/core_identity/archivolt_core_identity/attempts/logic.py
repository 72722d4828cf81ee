"""Slows guessing down, and nobody else. Knows no HTTP.

Three things are counted: a name from an address, a name from anywhere, an address for
all names. Each may fail some times for nothing; then the wait doubles with each
failure. Whoever signed in from an address lately answers there only for what fails
there: strangers who guess at a name do not lock its owner out.
"""

from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from archivolt_core_identity.attempts.models import Attempt
from archivolt_core_identity.attempts.service import attempts
from archivolt_host.kit.context import origin
from archivolt_host.kit.db import now, transaction
from archivolt_host.kit.errors import ArchivoltError

FIRST_WAIT = 2  # seconds, doubled by each further failure
KNOWN = timedelta(days=30)
FORGOTTEN = timedelta(hours=24)


class Rule(NamedTuple):
    """How many failures are free, and the longest wait after one."""

    free: int
    longest: timedelta


PAIR = Rule(5, timedelta(minutes=15))
NAME = Rule(20, timedelta(minutes=5))
ADDRESS = Rule(50, timedelta(minutes=15))


class LockedOutError(ArchivoltError):
    """Too many sign-ins went wrong; ``Retry-After`` says when to try again."""

    status = 429
    code = "locked_out"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Too many sign-ins went wrong. Try again in {seconds} seconds, or have "
            "your password reset."
        )
        self.headers = {"Retry-After": str(seconds)}


def count(name: str) -> None:
    """Count an attempt at a name from where the request came, for other plugins."""
    begin(name, origin().address)


def forget(name: str) -> None:
    """Say that such an attempt succeeded."""
    succeeded(name, origin().address)


def begin(name: str, address: str) -> None:
    """Count an attempt before it is made, or refuse it for a while.

    It counts as failed until it succeeds, in a transaction of its own: neither many at
    once nor a crash in the middle get a guess for nothing.
    """
    with transaction():
        pair, by_name, by_address = attempts.claim(_keys(name, address))
        counted = [(pair, PAIR)]
        if pair.known_until is None or pair.known_until < now():
            counted += [(by_name, NAME), (by_address, ADDRESS)]
        wait = max(_wait(row, rule) for row, rule in counted)
        if wait > 0:
            raise LockedOutError(int(wait) + 1)
        for row, _ in counted:
            attempts.count(row, _failures(row) + 1)


def succeeded(name: str, address: str) -> None:
    """Forget what went wrong before, and know the address from now on."""
    pair, by_name, by_address = _keys(name, address)
    attempts.reset(pair, now() + KNOWN)
    attempts.reset(by_name, None)
    attempts.take_back(by_address)


def forget_old() -> int:
    """Delete counters that no longer count; return how many."""
    return attempts.forget(now() - FORGOTTEN)


def _keys(name: str, address: str) -> tuple[str, str, str]:
    texts = f"pair\n{name}\n{address}", f"name\n{name}", f"address\n{address}"
    pair, by_name, by_address = (sha256(t.encode()).hexdigest() for t in texts)
    return pair, by_name, by_address


def _failures(row: Attempt) -> int:
    return 0 if now() - row.last_at > FORGOTTEN else row.failures


def _wait(row: Attempt, rule: Rule) -> float:
    """Return for how many more seconds a counter refuses."""
    beyond = _failures(row) - rule.free
    if beyond < 0:
        return 0
    longest = rule.longest.total_seconds()
    wait = min(FIRST_WAIT * 2.0 ** min(beyond, 30), longest)
    return wait - (now() - row.last_at).total_seconds()
