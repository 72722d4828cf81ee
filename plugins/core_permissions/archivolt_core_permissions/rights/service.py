"""Every database access of the rights domain, and nothing else."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)

from archivolt_core_permissions.grants.models import ALLOW, DENY, ROOT, Grant
from archivolt_core_permissions.rights.models import THE_ONE, Epoch
from archivolt_core_permissions.roles.models import Role
from archivolt_core_permissions.scopes.models import ScopePath
from archivolt_host.kit.db import Prepared, Timestamp
from archivolt_host.kit.service import Service

GRANT: Table = Grant.__table__  # type: ignore[assignment]
PATH: Table = ScopePath.__table__  # type: ignore[assignment]
ROLE: Table = Role.__table__  # type: ignore[assignment]
EPOCH: Table = Epoch.__table__  # type: ignore[assignment]
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
MANY = 2000  # containers: with more, rows are looked at one by one

UNTIL = type_coerce(
    func.max(func.coalesce(GRANT.c.expires_at, literal(FOREVER, Timestamp()))),
    Timestamp(),
)
HOLDINGS = (
    select(
        GRANT.c.role_id,
        GRANT.c.effect,
        (GRANT.c.scope_id == ROOT).label("whole"),
        UNTIL.label("until"),
    )
    .where(GRANT.c.subject_id.in_(bindparam("subjects", expanding=True)))
    .group_by(GRANT.c.role_id, GRANT.c.effect, "whole")
)
TOKEN = Prepared(select(EPOCH.c.token))
ROLES = select(ROLE.c.id, ROLE.c.name, ROLE.c.permissions)


class Wanted(NamedTuple):
    """Whose grants count, and of which roles."""

    subjects: Collection[UUID]
    allowing: Collection[UUID]
    denying: Collection[UUID]
    moment: datetime


class RightsService(Service[Epoch]):
    """What somebody holds, and the conditions that follow from it."""

    sql_verbs = ("token", "renew", "holdings", "roles", "condition", "spread")

    def token(self) -> UUID:
        """Return what stands for the rights as they are now."""
        found: UUID = TOKEN.first(self.connection, {}).token
        return found

    def renew(self) -> UUID:
        """Let everybody's rights be read anew, once this is committed."""
        token = uuid4()
        mine = EPOCH.update().where(EPOCH.c.id == THE_ONE)
        self.connection.execute(mine.values(token=token))
        return token

    def holdings(self, subjects: Sequence[UUID]) -> Sequence[Row[Any]]:
        """Return each role held: to what effect, on the tenant or below, how long."""
        return self.connection.execute(HOLDINGS, {"subjects": subjects}).all()

    def roles(self) -> Sequence[Any]:
        """Return all roles."""
        return self.connection.execute(ROLES).all()

    def condition(
        self,
        wanted: Wanted,
        scope: ColumnElement[Any],
        parent: ColumnElement[Any] | None,
        *,
        anyway: bool,
        listing: bool,
        sparse: bool,
    ) -> ColumnElement[bool]:
        """Return what is true for the rows on which a grant allows and none denies.

        ``anyway`` is whether it is allowed where no grant says so.
        """
        found: ColumnElement[bool] = true() if anyway else false()
        if wanted.allowing and not anyway:
            mine = _mine(wanted, ALLOW, wanted.allowing)
            if sparse:
                found = self._among(mine, scope, parent)
            else:
                found = _covers(mine, scope, parent, listing=listing)
        if wanted.denying:
            theirs = _mine(wanted, DENY, wanted.denying)
            found = found & ~_covers(theirs, scope, parent, listing=listing)
        return found

    def spread(self, wanted: Wanted) -> int:
        """Return in how many containers grants allow it; MANY stands for more."""
        scopes = _mine(wanted, ALLOW, wanted.allowing)
        below = select(PATH.c.scope_id).where(PATH.c.ancestor_id.in_(scopes))
        query = select(func.count()).select_from(below.limit(MANY).subquery())
        return int(self.connection.scalar(query) or 0)

    def _among(
        self,
        mine: Select[Any],
        scope: ColumnElement[Any],
        parent: ColumnElement[Any] | None,
    ) -> ColumnElement[bool]:
        """Start from the grants: the quicker way to few among many rows."""
        below = select(PATH.c.scope_id).where(PATH.c.ancestor_id.in_(mine))
        if self.connection.dialect.name != "postgresql":
            row = scope.in_(mine)
            return row if parent is None else or_(row, parent.in_(below))
        # Only of arrays does PostgreSQL use both indexes, of rows and of containers.
        found: ColumnElement[bool] = scope == func.any(_array(mine))
        if parent is None:
            return found
        return or_(found, parent == func.any(_array(below)))


def _mine(wanted: Wanted, effect: str, roles: Collection[UUID]) -> Select[Any]:
    """Return the scopes of the grants that count."""
    return select(GRANT.c.scope_id).where(
        GRANT.c.subject_id.in_(wanted.subjects),
        GRANT.c.role_id.in_(roles),
        GRANT.c.effect == effect,
        or_(GRANT.c.expires_at.is_(None), GRANT.c.expires_at > wanted.moment),
    )


def _array(ids: Select[Any]) -> ColumnElement[Any]:
    return func.array(ids.scalar_subquery())


def _covers(
    mine: Select[Any],
    scope: ColumnElement[Any],
    parent: ColumnElement[Any] | None,
    *,
    listing: bool,
) -> ColumnElement[bool]:
    """Look, for one row, whether a grant is on it or on what it lies in; never NULL."""
    found: ColumnElement[bool]
    if listing:  # the grants are gathered once, for all rows
        found = scope.in_(mine)
        above = select(PATH.c.depth).where(PATH.c.ancestor_id.in_(mine))
    else:
        found = mine.where(GRANT.c.scope_id == scope).exists()
        above = mine.join(PATH, PATH.c.ancestor_id == GRANT.c.scope_id)
    if parent is None:
        return found
    return or_(found, above.where(PATH.c.scope_id == parent).exists())


rights = RightsService()
