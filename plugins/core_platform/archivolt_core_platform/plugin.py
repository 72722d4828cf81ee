"""The platform plugin: all that it adds to the platform, on one page."""

from collections.abc import Mapping, Sequence
from typing import Any

from archivolt_core_platform.impersonations import views as impersonations
from archivolt_core_platform.keys import commands as key_commands
from archivolt_core_platform.keys import logic as keys
from archivolt_core_platform.users import commands as user_commands
from archivolt_hookspecs import hookimpl


class Platform:
    """Knows who runs the deployment, and signs its tokens."""

    def __init__(self) -> None:
        self.secret = ""

    @hookimpl
    def extend_application(self, app: Any) -> None:
        """Take the secret that the keys follow from."""
        self.secret = str(app.config["SECRET_KEY"])

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve ``/vault/platform``."""
        return [impersonations.blueprint]

    @hookimpl
    def register_commands(self) -> Sequence[Any]:
        """Add ``archivolt platform`` and ``archivolt keys``."""
        return [user_commands.platform, key_commands.keys]

    @hookimpl
    def signing_keys(self) -> Mapping[str, str] | None:
        """Return the keys that are in use."""
        return keys.signing_keys(self.secret) if self.secret else None
