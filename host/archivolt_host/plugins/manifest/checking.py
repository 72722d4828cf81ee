"""Hold a manifest against the installed plugins and the tenants there are."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from archivolt_host.plugins.manifest.explaining import completed
from archivolt_host.plugins.manifest.inspection import Inspection
from archivolt_host.plugins.manifest.model import Manifest, ManifestError, Problem
from archivolt_host.plugins.manifest.reading import load, manifest_files

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

Infos = Mapping[str, "PluginInfo"]


def check(
    manifest: Manifest,
    infos: Infos,
    known_tenants: Collection[str] | None = None,
    broken: Mapping[str, str] | None = None,
) -> None:
    """Raise ManifestError with every problem, if there is one."""
    problems = find_problems(manifest, infos, known_tenants, broken)
    if problems:
        raise ManifestError(problems)


def find_problems(
    manifest: Manifest,
    infos: Infos,
    known_tenants: Collection[str] | None = None,
    broken: Mapping[str, str] | None = None,
) -> list[Problem]:
    """List what is wrong; ``broken`` tells why installed plugins have no info."""
    whole = completed(manifest, infos)
    return list(Inspection(whole, infos, broken or {}).problems(known_tenants))


def check_file(
    path: str | os.PathLike[str] | None,
    infos: Infos,
    known_tenants: Collection[str] | None = None,
    broken: Mapping[str, str] | None = None,
) -> list[Problem]:
    """List all that is wrong with a file, down to plugins that would be left out."""
    try:
        manifest, problems = load(manifest_files(path))
    except ManifestError as error:
        return list(error.problems)
    problems += find_problems(manifest, infos, known_tenants, broken)
    problems += _left_out(manifest, infos, problems)
    return sorted(problems, key=_place)


def _place(problem: Problem) -> tuple[str, int]:
    file, _, line = problem.where.rpartition(":")
    return file, int(line)


def _left_out(
    manifest: Manifest, infos: Infos, told: Sequence[Problem]
) -> list[Problem]:
    from archivolt_host.plugins.resolution import resolve

    known = {problem.plugin for problem in told}
    return [
        Problem(
            manifest.where("plugins", plugin),
            f"{plugin} would be left out. {reason}",
            plugin,
        )
        for plugin, reason in resolve(infos, completed(manifest, infos)).out.items()
        if plugin not in known
    ]
