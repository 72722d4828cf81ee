"""Every database access of the users domain, and nothing else."""

from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, select

from archivolt_core_identity.groups.models import Membership
from archivolt_core_identity.users.models import ACTIVE, User
from archivolt_host.kit.service import Service

MEMBERSHIP: Table = Membership.__table__  # type: ignore[assignment]


class UserService(Service[User]):
    """Users of the current tenant."""

    model = User
    kind = "User"
    sorts = ("created_at", "username")
    sql_verbs = ("by_name", "find", "reachable")

    def find(self, id: object) -> User | None:
        """Return a user, or None."""
        return self._first(self._sql.get, id=id)

    def by_name(self, name_key: str) -> User | None:
        """Return the user with a name, or None."""
        return self._first(BY_NAME, name_key=name_key)

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "group_id":
            inside = select(MEMBERSHIP.c.user_id).where(MEMBERSHIP.c.group_id == value)
            return self._c["id"].in_(inside)
        return super()._condition(name, value)

    def reachable(self, name_key: str, email: str) -> list[User]:
        """Return the active users of a name or an address who have an address."""
        is_asked = (self._c["name_key"] == name_key) | (self._c["email"] == email)
        return self._rows(
            self._sql.select.where(
                is_asked,
                self._c["email"].is_not(None),
                self._c["state"] == ACTIVE,
            )
        )


BY_NAME = UserService._sql.select.where(
    UserService._c["name_key"] == bindparam("name_key")
)

users = UserService()
