"""One version of a plugin as its files have it, in a wheel or installed.

Nothing of it is run: the wheel may be a stranger's.
"""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PathDistribution, entry_points
from pathlib import Path

from archivolt_host.plugins.discovery import GROUP
from archivolt_host.plugins.errors import MetadataError
from archivolt_host.plugins.metadata import PluginInfo, locate, read_package

Files = Path | zipfile.Path


@dataclass(frozen=True)
class Release:
    """What it says of itself, which packages it needs, what it follows and migrates."""

    info: PluginInfo
    needs: tuple[str, ...]
    hooks: frozenset[str]
    #: From the oldest to the newest.
    revisions: tuple[str, ...]


def read_wheel(path: Path) -> Release:
    """Read the plugin in a wheel, or raise MetadataError."""
    try:
        root = zipfile.Path(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise MetadataError(f"{path} is no wheel that can be read: {error}.") from None
    infos = [one for one in root.iterdir() if one.name.endswith(".dist-info")]
    if not infos:
        raise MetadataError(f"{path} is no wheel: it holds no .dist-info.")
    found = PathDistribution(infos[0])
    plugins = [one for one in found.entry_points if one.group == GROUP]
    if len(plugins) != 1:
        raise MetadataError(
            f"{path.name} holds {len(plugins)} plugins: one wheel is one plugin, with "
            f"one entry point in the group {GROUP}."
        )
    package = plugins[0].module.partition(".")[0]
    return _read(root / package, plugins[0], found)


def read_installed(plugin: str) -> Release | None:
    """Read the plugin of that name as it is installed, None where it is not."""
    found = [one for one in entry_points(group=GROUP) if one.name == plugin]
    if not found or found[0].dist is None:
        return None
    package = found[0].module.partition(".")[0]
    return _read(locate(package), found[0], found[0].dist)


def _read(package: Files, entry_point: EntryPoint, dist: Distribution) -> Release:
    return Release(
        read_package(package, dist.name, dist.version),
        tuple(dist.requires or ()),
        frozenset(_hooks(package, entry_point)),
        tuple(_revisions(package / "migrations")),
    )


def _hooks(package: Files, entry_point: EntryPoint) -> Iterator[str]:
    """Yield the functions marked ``@hookimpl`` in the entry point's module."""
    *_, module = entry_point.module.split(".")
    for node in ast.walk(_tree(package / f"{module}.py")):
        if isinstance(node, ast.FunctionDef) and any(map(_marks, node.decorator_list)):
            yield node.name


def _marks(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(named).rpartition(".")[2] == "hookimpl"


def _revisions(folder: Files) -> Iterator[str]:
    """Yield the revisions of a folder, each after the one that it follows."""
    follows = {}
    for script in folder.iterdir() if folder.is_dir() else ():
        if isinstance(script, Files) and script.name.endswith(".py"):
            names = _constants(_tree(script))
            if names.get("revision"):
                follows[names.get("down_revision")] = str(names["revision"])
    revision = follows.pop(None, None)
    while revision is not None:
        yield revision
        revision = follows.pop(revision, None)
    yield from follows.values()  # where histories part: in any order


def _constants(tree: ast.Module) -> dict[str, object]:
    """Return what a script sets to plain values, annotated or not."""
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.Constant
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(target): node.value.value for target in targets}
    return found


def _tree(file: Files) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, KeyError, SyntaxError):
        return ast.Module([], [])  # no such file, or none that Python reads: no answer
