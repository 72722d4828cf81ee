"""Every database access of the impersonations domain, and nothing else."""

from typing import Any

from archivolt_core_platform.impersonations.models import Impersonation
from archivolt_host.kit.db import catalog
from archivolt_host.kit.service import Service


class ImpersonationService(Service[Any]):
    """What was done under other names, in the catalog."""

    model = Impersonation
    kind = "Impersonation"
    sql_verbs = ("add",)

    def add(self, **values: Any) -> None:
        """Note an impersonation."""
        with catalog(write=True):
            self.create(**values)


impersonations = ImpersonationService()
