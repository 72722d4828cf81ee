"""Every database access of the users domain, and nothing else."""

from sqlalchemy import bindparam

from archivolt_core_identity.users.models import User
from archivolt_host.kit.service import Service


class UserService(Service[User]):
    """Users of the current tenant."""

    model = User
    kind = "User"
    sorts = ("created_at", "username")
    sql_verbs = ("by_name", "find")

    def find(self, id: object) -> User | None:
        """Return a user, or None."""
        return self._first(self._sql.get, id=id)

    def by_name(self, name_key: str) -> User | None:
        """Return the user with a name, or None."""
        return self._first(BY_NAME, name_key=name_key)


BY_NAME = UserService._sql.select.where(
    UserService._c["name_key"] == bindparam("name_key")
)

users = UserService()
