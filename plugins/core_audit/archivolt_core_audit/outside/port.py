"""What a driver of the group ``archivolt.drivers.seals`` does."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID


class Outside(Protocol):
    """Keeps signed lines, one after the other, and the key that signs them.

    ``slug`` is for people who look for a tenant's seals; the id tells two tenants
    apart that had the same name one after the other.
    """

    def sign(self, body: bytes) -> tuple[str, str]:
        """Return the key's name, and the signature in hex."""

    def is_signed(self, body: bytes, key: str, signature: str) -> bool:
        """Return whether a key that was ever ours has signed this."""

    def last(self, slug: str, tenant: UUID) -> str | None:
        """Return the last line, or None where there is none."""

    def lines(self, slug: str, tenant: UUID) -> Sequence[str]:
        """Return all lines, the oldest first."""

    def append(
        self, slug: str, tenant: UUID, lines: Sequence[str], after: str | None
    ) -> bool:
        """Add lines durably, if ``after`` is still the last one; return whether."""

    def set_aside(self, slug: str, tenant: UUID) -> str | None:
        """Begin anew, and keep all lines elsewhere; return where, if there were any."""
