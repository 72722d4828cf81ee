"""Every database access of the roles domain, and nothing else."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from archivolt_core_permissions.roles.models import Role
from archivolt_host.kit.service import Service


class RoleService(Service[Role]):
    """Roles of the current tenant."""

    model = Role
    kind = "Role"
    sorts = ("name", "created_at")
    sql_verbs = ("named", "by_ids", "all_named", "everyone")

    def named(self, name: str) -> Role | None:
        """Return the role of a name, or None."""
        return self._first(self._sql.select.where(self._c["name"] == name))

    def by_ids(self, ids: Iterable[UUID]) -> Sequence[Role]:
        """Return those of the roles that exist."""
        return self._rows(self._sql.select.where(self._c["id"].in_(set(ids))))

    def all_named(self, names: Collection[str]) -> Sequence[Role]:
        """Return those of the roles that exist."""
        return self._rows(self._sql.select.where(self._c["name"].in_(names)))

    def everyone(self) -> Sequence[Role]:
        """Return every role of the tenant; they are few."""
        return self._rows(self._sql.select)


roles = RoleService()
