"""The manifest of a test, from its marks."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

DEFAULT = ("core_identity",)


def marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the manifest's tables as the marks of a test describe them."""
    node = request.node
    chosen = node.get_closest_marker("plugins")
    host: dict[str, Any] = {"sqlite_synchronous": "OFF", "access_log": False}
    if "valkey" in request.fixturenames:
        host["valkey_url"] = request.getfixturevalue("valkey")
    tables: dict[str, Any] = {"host": host}
    tables = merged(tables, naming(with_needed(chosen.args) if chosen else DEFAULT))
    for mark in reversed(list(node.iter_markers("settings"))):
        tables = merged(tables, setting(mark.kwargs))
    for mark in reversed(list(node.iter_markers("manifest"))):
        tables = merged(tables, mark.kwargs)
    return tables


def written(
    tables: Mapping[str, Any],
    plugins: Sequence[str] | None,
    settings: Mapping[str, Any],
    manifest: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the tables with what a test says in its body over them."""
    if plugins is not None:
        tables = {**tables, **naming(plugins)}
    return merged(merged(tables, setting(settings)), manifest)


def with_needed(plugins: Sequence[str]) -> Sequence[str]:
    """Return plugins, and before each the installed ones that it cannot do without."""
    from archivolt_host.plugins.discovery import discover, infos

    known = infos(discover())
    chosen: dict[str, None] = {}

    def choose(name: str) -> None:
        for need in known[name].requires if name in known else ():
            if need in known and need not in chosen:
                choose(need)
        chosen[name] = None

    for name in plugins:
        choose(name)
    return tuple(chosen)


def naming(plugins: Sequence[str]) -> dict[str, Any]:
    """Name and enable plugins."""
    return {
        "plugins": {name: {} for name in plugins},
        "defaults": {"enabled": list(plugins)},
    }


def setting(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Set plugins, and the host itself under the name ``host``."""
    plugins = {name: table for name, table in settings.items() if name != "host"}
    return {"host": dict(settings.get("host", {})), "plugins": plugins}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay tables over tables, value by value."""
    found = dict(base)
    for key, value in over.items():
        below = found.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        found[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return found
