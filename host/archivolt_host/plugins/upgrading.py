"""What another version of a plugin would change, and what stands against it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distributions, version
from typing import TYPE_CHECKING

from archivolt_host.plugins.manifest import completed, find_problems
from archivolt_host.plugins.resolution import resolve
from archivolt_host.plugins.settings import Setting, display
from archivolt_host.plugins.versions import fits

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from archivolt_host.plugins.manifest.model import Manifest
    from archivolt_host.plugins.metadata import PluginInfo
    from archivolt_host.plugins.releases import Release


@dataclass(frozen=True)
class Change:
    """Something that is there in one version alone, or another in each."""

    of: str
    what: str


def changes(old: Release | None, new: Release) -> Iterator[Change]:
    """Yield what is new, gone or different; without an old one all is new."""
    yield from _listed("hook", old.hooks if old else (), new.hooks)
    for kind in sorted({*new.info.grants, *(old.info.grants if old else ())}):
        before = old.info.grants.get(kind, ()) if old else ()
        yield from _listed(f"grant {kind}", before, new.info.grants.get(kind, ()))
    yield from _settings(old.info.settings if old else {}, new.info.settings)
    yield from _needs(old.info.requires if old else {}, new.info.requires)
    yield from _listed("package", old.needs if old else (), new.needs)
    yield from _listed("command", old.info.commands if old else (), new.info.commands)
    yield from _listed("guard", old.info.guards if old else (), new.info.guards)
    yield from _words(old.info, new.info) if old else ()


def _words(old: PluginInfo, new: PluginInfo) -> Iterator[Change]:
    for name in ("scope", "tables", "required", "on_purge"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name, f"{before} -> {after}")


def _listed(of: str, old: Collection[str], new: Collection[str]) -> Iterator[Change]:
    yield from (Change(of, f"new: {name}") for name in sorted(set(new) - set(old)))
    yield from (Change(of, f"gone: {name}") for name in sorted(set(old) - set(new)))


def _settings(
    old: Mapping[str, Setting], new: Mapping[str, Setting]
) -> Iterator[Change]:
    for name in sorted(new.keys() - old.keys()):
        needed = ", needs a value" if new[name].required else ""
        yield Change("setting", f"new: {name} ({_described(new[name])}{needed})")
    for name in sorted(old.keys() - new.keys()):
        yield Change("setting", f"gone: {name}")
    for name in sorted(old.keys() & new.keys()):
        before, after = _described(old[name]), _described(new[name])
        if before != after:
            yield Change("setting", f"{name}: {before} -> {after}")


def _described(setting: Setting) -> str:
    default = display(setting, setting.default)
    return f"{setting.type}, {default} by default" if default else setting.type


def _needs(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    yield from _listed("need", old.keys(), new.keys())
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Change("need", f"{name} {old[name]} -> {new[name]}")


def hindrances(
    new: Release, manifest: Manifest, known: Mapping[str, PluginInfo]
) -> Iterator[str]:
    """Yield why it, or what is there already, would not work with it."""
    after = {**known, new.info.id: new.info}
    named = {**manifest.plugins, new.info.id: manifest.plugins.get(new.info.id, {})}
    trial = completed(replace(manifest, plugins=named), after)
    before = resolve(known, completed(manifest, known)).out
    for plugin, reason in resolve(after, trial).out.items():
        if plugin not in before or plugin == new.info.id:
            yield f"{plugin} would be out. {reason}"
    known_already = {str(one) for one in find_problems(manifest, known)}
    for problem in find_problems(manifest, after):
        if str(problem) not in known_already:
            yield str(problem)
    yield from _clashes(new)


def _clashes(new: Release) -> Iterator[str]:
    """Hold the packages that are installed against what it needs, and the other way."""
    from packaging.requirements import Requirement

    own = new.info.distribution
    for need in map(Requirement, new.needs):
        if _applies(need) and (problem := _unmet(need)):
            yield problem
    for dist in distributions():
        for need in map(Requirement, dist.requires or ()):
            is_its = need.name.replace("_", "-").lower() == own.replace("_", "-")
            if is_its and not fits(new.info.version, need.specifier):
                yield f"{dist.name} needs {need}, and this is {new.info.version}."


def _applies(need: Requirement) -> bool:
    return need.marker is None or need.marker.evaluate({"extra": ""})


def _unmet(need: Requirement) -> str:
    try:
        installed = version(need.name)
    except PackageNotFoundError:
        return ""  # pip brings it along
    if fits(installed, need.specifier):
        return ""
    return f"It needs {need}, and {installed} is installed: others may need that one."


def is_older(one: str, other: str) -> bool:
    """Return whether one version comes before another."""
    from packaging.version import Version

    return Version(one) < Version(other)
