"""What plugins bring under a name is one plugin's: whoever comes second is out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archivolt_host.plugins.registry import Registry


def claimed(
    registry: Registry, brought: Iterable[tuple[str, Any]], what: str
) -> dict[str, tuple[str, Any]]:
    """Return what plugins bring, by name, with whose it is.

    Where two want the same name, the one that must work has it.
    """
    found: dict[str, tuple[str, Any]] = {}
    for plugin, item in sorted(brought, key=lambda b: not is_required(registry, b[0])):
        holder = found.get(item.name, (plugin, item))[0]
        if holder == plugin:
            found[item.name] = (plugin, item)
        else:
            registry.put_out(plugin, taken(f"The {what} {item.name}", holder))
    return found


def is_required(registry: Registry, plugin: str) -> bool:
    """Return whether the platform does not work without a plugin."""
    return registry.infos[plugin].required


def taken(what: str, holder: str) -> str:
    """Return why a plugin is out that brings what another has."""
    return (
        f"{what} belongs to {holder} already: take one of the two out of the "
        "manifest, or rename it."
    )
