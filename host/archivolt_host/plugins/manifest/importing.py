"""Read the JSON settings of the legacy product (VaultSettings.json) as a manifest.

An object with ``Plugins`` (a list of names, or names with their settings), ``Tenants``
(``enabled``, ``disabled`` and ``settings`` by slug) and ``Host`` (settings). Case and
underscores make no difference in keys; whatever is unknown is an error that names its
place in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archivolt_host.plugins.errors import did_you_mean, listed
from archivolt_host.plugins.manifest.checking import find_problems
from archivolt_host.plugins.manifest.host_settings import HOST
from archivolt_host.plugins.manifest.model import ManifestError, Problem, Source
from archivolt_host.plugins.manifest.positions import Key
from archivolt_host.plugins.manifest.reading import build

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

TOP = ("plugins", "tenants", "host")
OF_TENANT = ("enabled", "disabled", "settings")


@dataclass(frozen=True)
class JsonSource(Source):
    """A manifest made from JSON, whose places are paths in that JSON."""

    paths: Mapping[Key, str] = field(default_factory=dict)

    @property
    def lines(self) -> Mapping[Key, str]:
        """Give the JSON path of every key."""
        return self.paths


def import_json(
    text: str,
    name: str,
    infos: Mapping[str, PluginInfo],
    broken: Mapping[str, str] | None = None,
) -> str:
    """Return the TOML that says the same, or raise ManifestError with all mistakes."""
    import tomlkit

    found = _Translation(name, infos)
    tables = found.manifest(_parsed(text, name))
    toml = tomlkit.dumps(tables)
    source = JsonSource(Path(name), toml, found.paths)
    manifest, problems = build((source,))
    problems += find_problems(manifest, infos, broken=broken)
    if found.problems or problems:
        raise ManifestError([*found.problems, *problems])
    return toml


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg}."
        raise ManifestError([Problem(f"{name}:{error.lineno}", message)]) from None


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written, so that a key given twice is seen."""


class _Translation:
    """Turns JSON into the tables of a manifest, and keeps where each key came from."""

    def __init__(self, name: str, infos: Mapping[str, PluginInfo]) -> None:
        self.paths: dict[Key, str] = {}
        self.problems: list[Problem] = []
        self._name = name
        self._infos = infos

    def manifest(self, raw: Any) -> dict[str, Any]:
        top = self._object(raw, "$", (), TOP, strict=True)
        plugins = self._plugins(top.get("plugins", ([], "$")))
        tables: dict[str, Any] = {"host": {}, "plugins": plugins}
        tables["defaults"] = {"enabled": list(plugins)}
        for slot, name in enumerate(plugins):
            self.paths["defaults", "enabled", slot] = self.paths["plugins", name]
        if "host" in top:
            tables["host"] = self._settings(*top["host"], ("host",), HOST)
        if "tenants" in top:
            tables["tenants"] = self._tenants(*top["tenants"])
        return tables

    def _plugins(self, found: tuple[Any, str]) -> dict[str, Any]:
        raw, path = found
        if isinstance(raw, _Pairs):
            named = self._object(raw, path, ("plugins",), self._infos)
            return {
                name: self._settings(value, place, ("plugins", name), self._of(name))
                for name, (value, place) in named.items()
            }
        names = self._names(raw, path, ())
        for slot, name in enumerate(names):
            self.paths["plugins", name] = f"{path}[{slot}]"
        return {name: {} for name in names}

    def _tenants(self, raw: Any, path: str) -> dict[str, Any]:
        found = {}
        for slug, (value, place) in self._object(raw, path, ("tenants",), ()).items():
            key = ("tenants", slug.lower())
            self.paths[key] = place
            found[slug.lower()] = self._tenant(value, place, key)
        return found

    def _tenant(self, raw: Any, path: str, key: Key) -> dict[str, Any]:
        parts = self._object(raw, path, key, OF_TENANT, strict=True)
        table: dict[str, Any] = {
            word: self._names(*parts[word], (*key, word))
            for word in ("enabled", "disabled")
            if word in parts
        }
        if "settings" in parts:
            inner = (*key, "settings")
            named = self._object(*parts["settings"], inner, self._infos)
            table["settings"] = {
                name: self._settings(value, place, (*inner, name), self._of(name))
                for name, (value, place) in named.items()
            }
        return table

    def _of(self, plugin: str) -> Iterable[str]:
        info = self._infos.get(plugin)
        return info.settings if info else ()

    def _settings(
        self, raw: Any, path: str, key: Key, known: Iterable[str]
    ) -> dict[str, Any]:
        found = {}
        for name, (value, place) in self._object(raw, path, key, known).items():
            if value is None:
                self._problem(place, "null says nothing here: leave it out.")
            else:
                found[name] = _plain(value)
        return found

    def _object(
        self, raw: Any, path: str, key: Key, known: Iterable[str], strict: bool = False
    ) -> dict[str, tuple[Any, str]]:
        """Return the values of an object by their own names, each with its path."""
        if not isinstance(raw, _Pairs):
            self._problem(path, "this must be an object, in curly brackets.")
            return {}
        names = {_folded(name): name for name in known}
        found: dict[str, tuple[Any, str]] = {}
        for written, value in raw:
            name, place = names.get(_folded(written), written), f"{path}.{written}"
            if name in found:
                self._problem(place, f"{name} is given twice.")
            elif strict and _folded(written) not in names:
                near = did_you_mean(written.lower(), names.values())
                known_are = listed(names.values())
                self._problem(place, f"unknown key; known are {known_are}.{near}")
            else:
                found[name] = value, place
                self.paths[(*key, name)] = place
        return found

    def _names(self, raw: Any, path: str, key: Key) -> list[str]:
        """Return a list of plugins by their own names."""
        if not isinstance(raw, list) or isinstance(raw, _Pairs):
            self._problem(path, "this must be a list of plugin names.")
            return []
        names: list[str] = []
        known = {_folded(name): name for name in self._infos}
        for slot, item in enumerate(raw):
            place = f"{path}[{slot}]"
            if not isinstance(item, str):
                self._problem(place, "this must be the name of a plugin, in quotes.")
                continue
            if key:
                self.paths[(*key, len(names))] = place
            names.append(known.get(_folded(item), item))
        return list(dict.fromkeys(names))

    def _problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(f"{self._name}:{path}", message))


def _folded(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _plain(value: Any) -> Any:
    """Return a value without the pairs that stand for objects."""
    if isinstance(value, _Pairs):
        return {key: _plain(inner) for key, inner in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value
