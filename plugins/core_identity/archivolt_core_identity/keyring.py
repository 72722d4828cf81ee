"""The keys that tokens are signed with: the newest signs, all that are held verify.

They are asked for again now and then, so that a key made elsewhere is used here too,
and at once where a token names a key that is not known yet.
"""

from threading import Lock
from time import monotonic

from archivolt_host.kit import hooks

FIRST = "0"  # the deployment's own secret, where nobody brings other keys
FRESH = 10.0  # seconds
SOON = 1.0


class Keyring:
    """The keys of this process, by the name that stands in a token's header."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._keys: dict[str, str] = {}
        self._read_at = float("-inf")
        self._lock = Lock()

    def newest(self) -> tuple[str, str]:
        """Return the name of the key to sign with, and the key."""
        return next(iter(self._held(FRESH).items()))

    def find(self, name: str) -> str | None:
        """Return a key by name; None where it is unknown or was withdrawn."""
        held = self._held(FRESH)
        return held.get(name) or self._held(SOON).get(name)

    def _held(self, age: float) -> dict[str, str]:
        with self._lock:
            if monotonic() - self._read_at > age:
                found = hooks.first("signing_keys")
                self._keys = dict(found) if found else {FIRST: self._secret}
                self._read_at = monotonic()
            return self._keys
