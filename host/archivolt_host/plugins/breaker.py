"""A circuit breaker per plugin and tenant: what keeps failing gets a rest."""

import time
from collections.abc import Callable

FAILURES = 5  # in a row
REST = 60.0  # seconds until it is tried again


class Breakers:
    """Which plugins are resting, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._failures: dict[tuple[str, str], int] = {}
        self._open_until: dict[tuple[str, str], float] = {}

    def is_open(self, tenant: str, plugin: str) -> bool:
        """Return whether the plugin rests; after the rest one call may try again."""
        if not self._open_until:
            return False
        key = (tenant, plugin)
        until = self._open_until.get(key)
        if until is None:
            return False
        if self.clock() < until:
            return True
        # Half open: one more failure opens it again at once.
        del self._open_until[key]
        self._failures[key] = FAILURES - 1
        return False

    def succeeded(self, tenant: str, plugin: str) -> None:
        """Forget earlier failures."""
        if self._failures:
            self._failures.pop((tenant, plugin), None)

    def failed(self, tenant: str, plugin: str) -> None:
        """Count a failure; the fifth in a row opens the breaker."""
        key = (tenant, plugin)
        self._failures[key] = self._failures.get(key, 0) + 1
        if self._failures[key] >= FAILURES:
            self._open_until[key] = self.clock() + REST
