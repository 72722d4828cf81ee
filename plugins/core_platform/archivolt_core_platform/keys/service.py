"""Every database access of the keys domain, and nothing else."""

from typing import Any

from archivolt_core_platform.keys.models import SigningKey
from archivolt_host.kit.db import catalog
from archivolt_host.kit.service import Service


class SigningKeyService(Service[Any]):
    """Keys of the deployment, in the catalog."""

    model = SigningKey
    kind = "Key"
    sql_verbs = ("all", "add", "change")

    def all(self) -> list[Any]:
        """Return all keys, the newest first."""
        with catalog():
            return self._rows(self._sql.select.order_by(self._c["id"].desc()))

    def add(self, *rows: dict[str, Any]) -> None:
        """Add keys, the oldest first."""
        with catalog(write=True):
            for row in rows:
                self.create(**row)

    def change(self, key: Any, **values: Any) -> None:
        """Change a key."""
        with catalog(write=True):
            self.update(key, **values)


keys = SigningKeyService()
