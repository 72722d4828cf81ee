"""Every database access of the users domain, and nothing else."""

from uuid import UUID

from sqlalchemy import Row, select

from archivolt_core_identity.users.models import User
from archivolt_host.kit.service import Service

IDENTITY = select(User.id, User.username, User.roles, User.state)


class UserService(Service[User]):
    """Users of the current tenant."""

    model = User
    kind = "User"
    sorts = ("created_at", "username")
    sql_verbs = ("by_name", "identity")

    def by_name(self, name_key: str) -> User | None:
        """Return the user with a name, or None."""
        return self.session.scalar(select(User).where(User.name_key == name_key))

    def identity(self, id: UUID) -> Row[UUID, str, list[str], str] | None:
        """Return what every request needs to know of its user, or None."""
        return self.session.execute(IDENTITY.where(User.id == id)).first()


users = UserService()
