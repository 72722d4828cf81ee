"""Who is asking: what the host needs to know of a caller, and who tells it."""

from dataclasses import dataclass, field
from uuid import UUID

from archivolt_hookspecs.markers import asks, first


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, or the system itself, as every plugin sees it."""

    id: UUID
    name: str
    tenant: str
    roles: frozenset[str] = field(default_factory=frozenset)


@first
def identify(scheme: str, token: str) -> Actor | None:
    """Return who stands behind a token, or None when it proves nothing.

    ``scheme`` is ``JWT``, ``Bearer`` or ``Token``. Asked before any view runs; the
    tenant is known already, and the token must have been issued for it.
    """


@first
def permission_granted(actor: Actor, permission: str) -> bool | None:
    """Return whether the actor holds the permission in the current tenant.

    None leaves it to the next plugin; when none answers, it is not granted.
    """


@asks
def sign_in_refused(username: str) -> str | None:
    """Return a reason to refuse a sign-in whose password was right, or None."""
