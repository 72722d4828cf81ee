"""Every database access of the rights domain, and nothing else.

What is asked with each request is SQL as written here, the same text each time: to
build it anew takes longer than to run it.
"""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Row,
    Table,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    select,
    text,
    type_coerce,
)

from archivolt_core_permissions.grants.models import ALLOW, DENY, ROOT, Grant
from archivolt_core_permissions.rights.models import THE_ONE, Epoch
from archivolt_core_permissions.roles.models import Role
from archivolt_host.kit.db import Prepared, Timestamp
from archivolt_host.kit.service import Service

GRANT: Table = Grant.__table__  # type: ignore[assignment]
ROLE: Table = Role.__table__  # type: ignore[assignment]
EPOCH: Table = Epoch.__table__  # type: ignore[assignment]
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
# Containers: with so much to see, a list begins with its rows, one by one; with so
# many, it asks in no other way.
MUCH, MANY = {"sqlite": 5_000, "postgresql": 15_000}, 50_000

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
ON_TENANT = (
    select(GRANT.c.subject_id, ROLE.c.name)
    .join(ROLE, ROLE.c.id == GRANT.c.role_id)
    .where(
        GRANT.c.subject_id.in_(bindparam("subjects", expanding=True)),
        GRANT.c.scope_id == ROOT,
        GRANT.c.effect == ALLOW,
        GRANT.c.expires_at.is_(None) | (GRANT.c.expires_at > bindparam("moment")),
    )
)
TOKEN = Prepared(select(EPOCH.c.token))
ROLES = select(ROLE.c.id, ROLE.c.name, ROLE.c.permissions)

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# How a column is compared with many ids that are sent as one value.
AMONG = {
    SQLITE: "{} IN (SELECT value FROM json_each(:{}))",
    POSTGRESQL: "{} = ANY(CAST(:{} AS uuid[]))",
}
# Only of arrays does PostgreSQL use both indexes, of rows and of containers.
FOUND = {SQLITE: "{} IN ({})", POSTGRESQL: "{} = ANY(ARRAY({}))"}
LASTS = "(expires_at IS NULL OR expires_at > :rights_moment)"
# Rows are found at once, beginning with the grants, or each is looked at: in the order
# of the list, or in any that the database likes. SQLite would try each grant in turn
# for a row, rather than the few above it; PostgreSQL would join, however soon the page
# is full.
AT_ONCE, EACH, ANYHOW = "at once", "each", "anyhow"
ABOVE = {
    (SQLITE, EACH): "+ancestor_id IN ({})",
    (SQLITE, ANYHOW): "+ancestor_id IN ({})",
    (POSTGRESQL, EACH): "(ancestor_id IN ({})) IS TRUE OFFSET 0",
    (POSTGRESQL, ANYHOW): "ancestor_id IN ({})",
}


def _deciding(dialect: str) -> Prepared:
    """Return what finds the grants on one row and on all that it lies in."""
    own, above = "CAST(:scope AS uuid)", "scope_id = CAST(:parent AS uuid)"
    if dialect == SQLITE:
        own, above = ":scope", "scope_id = :parent"
    way_up = (
        f"SELECT {own} UNION ALL"  # noqa: S608 - ours
        f" SELECT ancestor_id FROM permissions_scope_path WHERE {above}"
    )
    found = text(
        "SELECT role_id, effect FROM permissions_grant"  # noqa: S608 - ours
        f" WHERE {AMONG[dialect].format('subject_id', 'subjects')}"
        f" AND {FOUND[dialect].format('scope_id', way_up)} AND {LASTS}"
    )
    found = found.bindparams(
        bindparam("scope", type_=Uuid()),
        bindparam("parent", type_=Uuid()),
        bindparam("rights_moment", type_=Timestamp()),
    )
    return Prepared(found.columns(column("role_id", Uuid()), column("effect")))


DECIDING = {dialect: _deciding(dialect) for dialect in (SQLITE, POSTGRESQL)}


def _mine(dialect: str, effect: str) -> str:
    """Return what finds the scopes of the grants that count."""
    subject = AMONG[dialect].format("subject_id", "rights_subjects")
    role = AMONG[dialect].format("role_id", f"rights_{effect}")
    return (
        "SELECT scope_id FROM permissions_grant"  # noqa: S608 - ours
        f" WHERE {subject} AND {role} AND effect = '{effect}' AND {LASTS}"
    )


def _below(dialect: str, effect: str) -> str:
    """Return what finds these scopes and all containers in them."""
    mine = FOUND[dialect].format("ancestor_id", _mine(dialect, effect))
    return f"SELECT scope_id FROM permissions_scope_path WHERE {mine}"  # noqa: S608


SPREAD = {
    dialect: text(
        "SELECT count(*) FROM"  # noqa: S608 - ours
        f" ({_below(dialect, ALLOW)} LIMIT {MANY}) AS found"
    )
    for dialect in (SQLITE, POSTGRESQL)
}


@lru_cache(maxsize=1024)
def _covers(dialect: str, effect: str, scope: str, parent: str, way: str) -> str:
    """Return what is true for rows with such a grant on them or above; never NULL."""
    mine = _mine(dialect, effect)
    if way == AT_ONCE:
        inside = FOUND[dialect].format(parent, _below(dialect, effect))
    else:
        inside = (
            "EXISTS (SELECT 1 FROM permissions_scope_path p"  # noqa: S608 - ours
            f" WHERE p.scope_id = {parent} AND {ABOVE[dialect, way].format(mine)})"
        )
    if parent == scope:  # containers lie in themselves
        return inside
    own = "{} IN ({})" if way == EACH else FOUND[dialect]
    return f"({own.format(scope, mine)} OR {inside})"


class Wanted(NamedTuple):
    """Whose grants count, and of which roles."""

    subjects: tuple[UUID, ...]
    allowing: tuple[UUID, ...]
    denying: tuple[UUID, ...]
    moment: datetime


class RightsService(Service[Epoch]):
    """What somebody holds, and the conditions that follow from it."""

    sql_verbs = (
        "token",
        "renew",
        "holdings",
        "on_tenant",
        "roles",
        "deciding",
        "condition",
        "way",
    )

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

    def on_tenant(self, subjects: Sequence[UUID], moment: datetime) -> Sequence[Any]:
        """Return the roles that are granted on the whole tenant, by subject."""
        values = {"subjects": subjects, "moment": moment}
        return self.connection.execute(ON_TENANT, values).all()

    def roles(self) -> Sequence[Any]:
        """Return all roles."""
        return self.connection.execute(ROLES).all()

    def deciding(
        self,
        subjects: tuple[UUID, ...],
        scope: UUID,
        parent: UUID | None,
        moment: datetime,
    ) -> Sequence[Any]:
        """Return role and effect of the grants on one row and on what it lies in."""
        values = {
            "subjects": _sent(self._dialect, subjects),
            "scope": scope,
            "parent": parent,
            "rights_moment": moment,
        }
        return DECIDING[self._dialect].all(self.connection, values)

    def condition(
        self,
        wanted: Wanted,
        scope: ColumnElement[Any],
        parent: ColumnElement[Any] | None,
        *,
        anyway: bool,
        way: str,
    ) -> ColumnElement[bool]:
        """Return what is true for the rows on which a grant allows and none denies.

        ``anyway`` is whether it is allowed where no grant says so, ``way`` how the rows
        that are allowed are found.
        """
        columns, parts, sent = (_name(scope), _name(parent)), [], []
        if not anyway:
            parts.append(_covers(self._dialect, ALLOW, *columns, way))
            sent.append(_ids(self._dialect, ALLOW, wanted.allowing))
        if wanted.denying:
            denied = _covers(self._dialect, DENY, *columns, ANYHOW)
            parts.append(f"NOT {denied}")
            sent.append(_ids(self._dialect, DENY, wanted.denying))
        sent.append(_ids(self._dialect, "subjects", wanted.subjects))
        sent.append(bindparam("rights_moment", wanted.moment, Timestamp()))
        found: Any = text(f"({' AND '.join(parts)})").bindparams(*sent)
        return found  # type: ignore[no-any-return]

    def way(self, wanted: Wanted) -> str:
        """Return how a list begins: that depends on how much there is to see."""
        query = SPREAD[self._dialect].bindparams(
            _ids(self._dialect, ALLOW, wanted.allowing),
            _ids(self._dialect, "subjects", wanted.subjects),
            bindparam("rights_moment", wanted.moment, Timestamp()),
        )
        found = int(self.connection.scalar(query) or 0)
        much = EACH if found >= MUCH[self._dialect] else AT_ONCE
        return ANYHOW if found >= MANY else much

    @property
    def _dialect(self) -> str:
        return self.connection.dialect.name


@lru_cache(maxsize=4096)
def _sent(dialect: str, ids: tuple[UUID, ...]) -> Any:
    """Return many ids as one value, as AMONG takes it."""
    return json.dumps([id.hex for id in ids]) if dialect == SQLITE else list(ids)


def _ids(dialect: str, name: str, ids: Collection[UUID]) -> BindParameter[Any]:
    return bindparam(f"rights_{name}", _sent(dialect, tuple(ids)))


def _name(found: ColumnElement[Any] | None) -> str:
    """Return a column as SQL names it."""
    if found is None:
        return "NULL"
    assert isinstance(found, Column)  # noqa: S101 - of a service's own table
    return f"{found.table.name}.{found.name}"


rights = RightsService()
