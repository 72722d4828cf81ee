"""Find the installed plugins without importing one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from archivolt_host.plugins.errors import MetadataError, listed
from archivolt_host.plugins.metadata import PluginInfo, locate, read_metadata

GROUP = "archivolt.plugins"


@dataclass(frozen=True)
class Discovered:
    """An installed plugin: what it says of itself, or why that cannot be read."""

    entry_point: EntryPoint
    info: PluginInfo | None = None
    problem: str | None = None


def discover() -> tuple[Discovered, ...]:
    """Find every installed plugin, in the order of their ids."""
    found = _installed(tuple(_folders()))
    owners: dict[str, set[str]] = {}
    for name, owner, _ in found:
        owners.setdefault(name, set()).add(owner)
    return tuple(_read(one, owners[name]) for name, _, one in found)


def infos(found: Iterable[Discovered]) -> dict[str, PluginInfo]:
    """Give the declarations that could be read, by id."""
    return {one.info.id: one.info for one in found if one.info}


def problems(found: Iterable[Discovered]) -> dict[str, str]:
    """Give the reasons of those that could not, by id."""
    return {one.entry_point.name: one.problem for one in found if one.problem}


def folder_of(plugin: str) -> Path:
    """Return the folder of an installed plugin's package."""
    found = next(one for one in entry_points(group=GROUP) if one.name == plugin)
    return locate(found.module.partition(".")[0])


def _folders() -> Iterable[tuple[str, int]]:
    """Yield where distributions may be; what changes when one comes or goes."""
    for folder in sys.path:
        with suppress(OSError):
            yield os.path.abspath(folder), os.stat(folder or ".").st_mtime_ns


@lru_cache(maxsize=1)  # to look through all that is installed takes long
def _installed(_: tuple[tuple[str, int], ...]) -> list[tuple[str, str, EntryPoint]]:
    # stevedore's cached entry points no longer know their distribution, which is
    # what tells two plugins of one name apart; it imports the chosen ones later.
    return sorted((one.name, _owner(one), one) for one in entry_points(group=GROUP))


def _read(entry_point: EntryPoint, owners: set[str]) -> Discovered:
    if len(owners) > 1:
        return Discovered(
            entry_point,
            problem=f"{listed(owners)} all call themselves {entry_point.name}: "
            "uninstall all but one.",
        )
    try:
        return Discovered(entry_point, read_metadata(entry_point))
    except MetadataError as error:
        return Discovered(entry_point, problem=str(error))


def _owner(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else entry_point.value
