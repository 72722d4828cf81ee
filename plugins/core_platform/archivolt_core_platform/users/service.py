"""Every database access of the users domain, and nothing else."""

from typing import Any

from archivolt_core_platform.users.models import PlatformUser
from archivolt_host.kit.db import catalog
from archivolt_host.kit.service import Service


class PlatformUserService(Service[Any]):
    """Those who run the deployment, in the catalog."""

    model = PlatformUser
    kind = "Platform user"
    sql_verbs = ("add", "all", "by_name", "change")

    def add(self, **values: Any) -> None:
        """Add a user."""
        with catalog(write=True):
            self.create(**values)

    def all(self) -> list[Any]:
        """Return all users by name."""
        with catalog():
            return self._rows(self._sql.select.order_by(self._c["name_key"]))

    def by_name(self, name_key: str) -> Any:
        """Return the user of a name, or None."""
        with catalog():
            named = self._sql.select.where(self._c["name_key"] == name_key)
            return self._first(named)

    def change(self, user: Any, **values: Any) -> None:
        """Change a user."""
        with catalog(write=True):
            self.update(user, **values)


users = PlatformUserService()
