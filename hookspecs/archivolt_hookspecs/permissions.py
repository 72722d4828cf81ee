"""Who may do what: what is asked of the permission engine, and what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.markers import first, joins, tells


@dataclass(frozen=True, slots=True)
class ScopeInfo:
    """Something that rights can be held on, as the plugin that keeps it describes it.

    ``parent`` is the container it lies in, None for the tenant itself. Who holds the
    permission ``read`` on it may know of it, who holds ``share`` may give rights on it.
    """

    id: UUID
    parent: UUID | None
    kind: str
    name: str
    read: str
    share: str


@dataclass(frozen=True, slots=True)
class TwoWays:
    """One SQL condition in two wordings: which is quicker depends on the rows.

    ``each`` looks at one row after the other, ``all`` finds all rows at once. A list is
    begun with ``each`` where there is ``much`` to see, else with ``all``; where that
    takes long, both are tried in turns, each time with more patience.
    """

    each: Any
    all: Any
    much: bool


@first
def permission_granted(actor: Actor, permission: str) -> bool | None:
    """Return whether the actor holds the permission in the current tenant.

    One that is ``scoped`` may be held on any scope at all; what it allows there is
    decided by ``access_granted``. None leaves it to the next plugin; when none
    answers, it is not granted.
    """


@first
def access_granted(
    actor: Actor, action: str, scope: UUID, parent: UUID | None
) -> bool | None:
    """Return whether the actor may act on one object.

    ``parent`` is the container that it lies in, None for the tenant itself; for a
    container it may be the container itself. When none answers, it is refused.
    """


@first
def access_predicate(
    actor: Actor, action: str, scope_column: Any, parent_column: Any
) -> Any | None:
    """Return an SQL condition that is true for the rows on which the actor may act.

    ``scope_column`` holds the row's id, ``parent_column`` the container it lies in
    (None, in SQL NULL: the tenant itself). True stands for all rows and False for none;
    ``TwoWays`` may hold the condition in two wordings.
    What is true of a row is what ``access_granted`` says of it. When none answers,
    nothing is visible.
    """


@first
def roles_of(user: UUID, groups: frozenset[UUID]) -> frozenset[str] | None:
    """Return the names of the roles that a user holds on the whole tenant."""


@first
def roles_of_many(
    people: Mapping[UUID, frozenset[UUID]],
) -> Mapping[UUID, frozenset[str]] | None:
    """Return what ``roles_of`` says of each of some users, at once.

    ``people`` holds the groups of each user. Who is not in the answer holds no role.
    """


@first
def describe_scope(scope: UUID) -> ScopeInfo | None:
    """Return what this is, or None where it is none of the plugin's scopes."""


@first
def group_name(group: UUID) -> str | None:
    """Return the name of a group, or None where there is none of this id."""


@joins
def scope_saved(scope: UUID, parent: UUID | None, kind: str) -> None:
    """Follow a container that is new or has moved, inside the transaction that does it.

    Rights on what is above hold on it from now on, and on all that lies in it.
    """


@joins
def scopes_removed(scopes: Sequence[UUID]) -> None:
    """Follow scopes that are gone for good: nobody holds rights on them any more."""


@tells
def role_granted(grant_id: UUID) -> None:
    """React to a grant. It is committed; a failing subscriber is retried."""


@tells
def role_revoked(
    subject_id: UUID, role: str, scope_id: UUID, effect: str, reason: str
) -> None:
    """React to the end of a grant; ``reason`` is ``revoked`` or ``expired``."""
