"""The workflow plugin: all that it adds to the platform, on one page."""

from collections.abc import Sequence
from typing import Any

from archivolt_core_workflow.requests import views as requests
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Permission

EVERYONE = ("admin", "owner", "manager", "member")
DECIDERS = ("admin", "owner", "manager")


class Workflow:
    """Runs requests and workflows, and shows everybody what they have to do."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve requests."""
        return [requests.blueprint]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name what the routes ask for."""
        return [
            Permission("requests.read", "See requests.", EVERYONE),
            Permission("requests.create", "Make and submit requests.", EVERYONE),
            Permission("requests.review", "Approve and reject requests.", DECIDERS),
        ]
