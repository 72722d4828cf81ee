"""Every database access of the groups domain, and nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select

from archivolt_core_identity.groups.models import Group, Membership, Nesting
from archivolt_host.kit.service import Service

MEMBERSHIP: Table = Membership.__table__  # type: ignore[assignment]
NESTING: Table = Nesting.__table__  # type: ignore[assignment]


class GroupService(Service[Group]):
    """Groups of the current tenant."""

    model = Group
    kind = "Group"
    sorts = ("name", "created_at")
    sql_verbs = ("by_name", "lock_nesting")

    def by_name(self, name_key: str) -> Group | None:
        """Return the group of a name, or None."""
        return self._first(self._sql.select.where(self._c["name_key"] == name_key))

    def lock_nesting(self) -> None:
        """Let no two changes cross: together they could close a circle."""
        if self.connection.dialect.name == "postgresql":
            name = func.hashtext(func.current_schema() + ".identity_nesting")
            self.connection.execute(select(func.pg_advisory_xact_lock(name)))

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "outer_id":
            inner = select(NESTING.c.inner_id).where(NESTING.c.outer_id == value)
            return self._c["id"].in_(inner)
        return super()._condition(name, value)


class MembershipService(Service[Membership]):
    """Who is in which group."""

    model = Membership
    kind = "Membership"
    sql_verbs = ("of_users", "users_in", "find", "empty")

    def empty(self, group_id: UUID) -> None:
        """Let nobody be in a group."""
        self._delete_where(self._c["group_id"] == group_id)

    def find(self, group_id: UUID, user_id: UUID) -> Membership | None:
        """Return a user's membership in a group, or None."""
        here = self._c["group_id"] == group_id, self._c["user_id"] == user_id
        return self._first(self._sql.select.where(*here))

    def of_users(self, ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
        """Return users and the groups that they are in directly."""
        query = select(self._c["user_id"], self._c["group_id"])
        found = self.connection.execute(query.where(self._c["user_id"].in_(ids)))
        return [(user, group) for user, group in found]

    def users_in(self, ids: Sequence[UUID]) -> list[UUID]:
        """Return the users who are in any of these groups directly."""
        query = select(self._c["user_id"]).where(self._c["group_id"].in_(ids))
        return list(self.connection.scalars(query.distinct()))


class NestingService(Service[Nesting]):
    """Which group is in which."""

    model = Nesting
    kind = "Nesting"
    sql_verbs = ("pairs", "find", "free")

    def free(self, group_id: UUID) -> None:
        """Let a group be in no other, and no other in it."""
        inner, outer = self._c["inner_id"], self._c["outer_id"]
        self._delete_where((inner == group_id) | (outer == group_id))

    def find(self, outer_id: UUID, inner_id: UUID) -> Nesting | None:
        """Return how one group lies in another, or None."""
        here = self._c["outer_id"] == outer_id, self._c["inner_id"] == inner_id
        return self._first(self._sql.select.where(*here))

    def pairs(self) -> list[tuple[UUID, UUID]]:
        """Return every inner group with its outer one; groups are few."""
        query = select(self._c["inner_id"], self._c["outer_id"])
        return [(inner, outer) for inner, outer in self.connection.execute(query)]


groups = GroupService()
memberships = MembershipService()
nestings = NestingService()
