"""Who is asking: what the host needs to know of a caller, and who tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from archivolt_hookspecs.markers import asks, first, joins


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a user, or the system itself, as every plugin sees it.

    ``roles`` are held on the whole tenant; ``groups`` are all of the user's, direct or
    through another. ``limits`` is the scope of an API key: these permissions and no
    others, None for no limit. ``impersonator`` is who really acts, where that is
    somebody else.
    """

    id: UUID
    name: str
    tenant: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[UUID] = frozenset()
    limits: frozenset[str] | None = None
    impersonator: UUID | None = None


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user as other plugins see it; ``state`` is ``active`` or ``disabled``."""

    id: UUID
    name: str
    email: str | None
    state: str


@first
def identify(scheme: str, token: str) -> Actor | None:
    """Return who stands behind a token, or None when it proves nothing.

    ``scheme`` is ``JWT``, ``Bearer`` or ``Token``; or ``Session`` for what a browser's
    cookie holds. Asked before any view runs; the
    tenant is known already, and the token must have been issued for it.
    """


@asks
def sign_in_refused(username: str) -> str | None:
    """Return a reason to refuse a sign-in whose password was right, or None."""


@first
def signing_keys() -> Mapping[str, str] | None:
    """Return the keys that tokens may be signed with, by name, the newest first.

    None, from everyone, stands for the deployment's own secret.
    """


@first
def find_actor(who: str) -> Actor | None:
    """Return the user with this id or name as if they were asking, or None.

    One who is disabled is None: nobody is to act for them, or to wait for them.
    """


@first
def describe_user(id: UUID) -> UserInfo | None:
    """Return a user with how to reach them, or None where there is no such user."""


@joins
def user_saved(user: UserInfo, roles: Sequence[str] | None) -> None:
    """Follow a new or changed user, inside the transaction that writes it.

    ``roles`` are those that the user is to have on the whole tenant; None leaves them.
    """


@asks
def user_removal_refused(user_id: UUID) -> str | None:
    """Return a reason why a user may not be deleted, or None."""


@joins
def user_removed(user_id: UUID) -> None:
    """Follow a user who is deleted, inside the transaction that deletes them."""


@joins
def group_removed(group_id: UUID) -> None:
    """Follow a group that is deleted, inside the transaction that deletes it."""


@asks
def roles_refused(roles: Sequence[str]) -> str | None:
    """Return a reason why the one who asks may not give these roles, or None."""


@asks
def takeover_refused(subjects: Sequence[UUID]) -> str | None:
    """Return a reason why the one who asks may not have others' rights, or None.

    ``subjects`` are users and groups: to set somebody's password, or to put somebody
    into a group, takes all the rights that are held there.
    """
