"""Which of the named plugins can be loaded, in which order, and why not the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from archivolt_host.plugins.metadata import HOST_API
from archivolt_host.plugins.versions import fits

if TYPE_CHECKING:
    from archivolt_host.plugins.manifest.model import Manifest
    from archivolt_host.plugins.metadata import PluginInfo

SAFE_MODE = "ARCHIVOLT_SAFE_MODE"  # in the environment, for every process alike
LEFT_OUT = "It is left out: this is the safe mode, with the required plugins alone."

Infos = Mapping[str, "PluginInfo"]
Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Resolution:
    """The load order, and the reason for each plugin that is out."""

    order: tuple[str, ...]
    out: Mapping[str, str]


def resolve(
    infos: Infos, manifest: Manifest, broken: Mapping[str, str] | None = None
) -> Resolution:
    """Order the named plugins; ``broken`` tells why installed ones have no info."""
    named = {plugin: infos[plugin] for plugin in manifest.plugins if plugin in infos}
    out = {
        plugin: (broken or {}).get(plugin, "It is not installed: install it with pip.")
        for plugin in sorted(manifest.plugins.keys() - infos.keys())
    }
    out |= _collect(named, lambda info: _own_fault(info, manifest))
    out |= _collect(_without(named, out), lambda i: _conflict(i, _without(named, out)))
    out |= _unmet(infos, named, out)
    out |= _circles(_without(named, out))
    out |= _unmet(infos, named, out)
    return Resolution(_order(_without(named, out)), dict(sorted(out.items())))


def only_required(resolution: Resolution, infos: Infos) -> Resolution:
    """Leave out what the platform works without; what that guards is refused."""
    kept: set[str] = set()
    for name in reversed(resolution.order):
        if infos[name].required or name in kept:
            kept |= {name, *infos[name].requires}
    left = {n: LEFT_OUT for n in resolution.order if n not in kept}
    order = tuple(n for n in resolution.order if n in kept)
    return Resolution(order, {**resolution.out, **left})


def _without(infos: Infos, out: Iterable[str]) -> Infos:
    return {plugin: info for plugin, info in infos.items() if plugin not in out}


def _collect(infos: Infos, judge: Callable[[PluginInfo], str]) -> dict[str, str]:
    return {info.id: reason for info in infos.values() if (reason := judge(info))}


def _own_fault(info: PluginInfo, manifest: Manifest) -> str:
    wanted = manifest.plugins[info.id].get("version", "")
    if not fits(HOST_API, info.host_api):
        return (
            f"It is made for host API {info.host_api} and this host has {HOST_API}: "
            "install a version that fits."
        )
    if not fits(info.version, wanted):
        return (
            f"The manifest wants version {wanted} and {info.version} is installed: "
            "install the one or change the other."
        )
    return ""


def _conflict(info: PluginInfo, named: Infos) -> str:
    for other in sorted(named.keys() & info.conflicts):
        return f"It conflicts with {other}: take one of them out of the manifest."
    for rival in named.values():
        if (
            rival.id != info.id
            and claim_the_same(info, rival)
            and _yields(info, rival, named)
        ):
            return (
                f"Its tables {info.tables}* and those of {rival.id} ({rival.tables}*) "
                "overlap: take one of them out of the manifest."
            )
    return ""


def claim_the_same(one: PluginInfo, other: PluginInfo) -> bool:
    """Return whether nobody could tell whose a table is.

    ``shelf_extra_`` is free beside ``shelf_`` where the plugin's name says it: its
    tables are not taken for those of ``shelf``.
    """
    if not (one.tables and other.tables):
        return False
    shorter, longer = sorted((one, other), key=lambda info: len(info.tables))
    if not longer.tables.startswith(shorter.tables):
        return False
    return longer.tables == shorter.tables or not says_its_prefix(longer)


def says_its_prefix(info: PluginInfo) -> bool:
    """Return whether a plugin's name ends as its tables begin."""
    return f"_{info.id}_".endswith(f"_{info.tables}")


def _yields(info: PluginInfo, rival: PluginInfo, named: Infos) -> bool:
    """Return whether of two that clash it is this one that is out.

    Nobody takes out what the platform or others need, nor who was there before.
    """
    return _standing(info, named) < _standing(rival, named)


def _standing(info: PluginInfo, named: Infos) -> tuple[bool, bool, bool, int]:
    is_needed = any(info.id in other.requires for other in named.values())
    came = -list(named).index(info.id)
    return info.required, says_its_prefix(info), is_needed, came


def _unmet(infos: Infos, named: Infos, out: Mapping[str, str]) -> dict[str, str]:
    """Follow missing dependencies until nobody else falls out."""
    found: dict[str, str] = {}
    while more := _fallen(infos, named, {**out, **found}):
        found |= more
    return found


def _fallen(infos: Infos, named: Infos, gone: Mapping[str, str]) -> dict[str, str]:
    left = _without(named, gone)
    return _collect(left, lambda info: _need(info, infos, named, gone))


def _need(info: PluginInfo, infos: Infos, named: Infos, gone: Mapping[str, str]) -> str:
    for needed, specifier in sorted(info.requires.items()):
        if needed in gone:
            return f"It needs {needed}, which is out."
        if needed not in infos:
            return f"It needs {needed}, which is not installed."
        if needed not in named:
            return f"It needs {needed}: name it with [plugins.{needed}]."
        if not fits(infos[needed].version, specifier):
            return (
                f"It needs {needed} {specifier} and {infos[needed].version} is "
                "installed: install a version that fits."
            )
    return ""


def _circles(infos: Infos) -> dict[str, str]:
    graph = {plugin: frozenset(info.requires) for plugin, info in infos.items()}
    return {
        plugin: f"It needs itself: {' -> '.join(circle)}. One of them must let go."
        for plugin in graph
        if (circle := _shortest_way(graph, plugin, plugin))
    }


def _shortest_way(graph: Graph, start: str, goal: str) -> tuple[str, ...]:
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    for way in ways:
        for step in sorted(graph[way[-1]] - seen):
            if step == goal:
                return (*way, step)
            seen.add(step)
            ways.append((*way, step))
    return ()


def _order(infos: Infos) -> tuple[str, ...]:
    return tuple(_by_id(_loadable(infos)))


def _loadable(infos: Infos) -> Graph:
    """Take soft wishes into the graph, but for those that run in a circle."""
    hard = {plugin: frozenset(info.requires) for plugin, info in infos.items()}
    soft = {plugin: infos.keys() & set(info.after) for plugin, info in infos.items()}
    both = {plugin: hard[plugin] | soft[plugin] for plugin in infos}
    return {
        plugin: hard[plugin]
        | {wish for wish in soft[plugin] if not _shortest_way(both, wish, plugin)}
        for plugin in infos
    }


def _by_id(graph: Graph) -> Iterator[str]:
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    ready = list(sorter.get_ready())
    heapify(ready)
    while ready:
        plugin = heappop(ready)
        yield plugin
        sorter.done(plugin)
        for freed in sorter.get_ready():
            heappush(ready, freed)
