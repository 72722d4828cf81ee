"""Opens the host once per command."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archivolt_host.app import Host


@cache
def opened() -> "Host":
    """Return the host of this deployment, ready to work."""
    from archivolt_host.app import open_host

    return open_host()
