"""Read the manifest's files, one over the other, into one typed Manifest."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archivolt_host.plugins.errors import SettingError, did_you_mean, listed
from archivolt_host.plugins.manifest.host_settings import HOST, defaults
from archivolt_host.plugins.manifest.model import (
    Manifest,
    ManifestError,
    Problem,
    Source,
    TenantManifest,
)
from archivolt_host.plugins.settings import parse

VARIABLE = "ARCHIVOLT_MANIFEST"
TOP = ("host", "plugins", "defaults", "tenants")


def read_manifest(path: str | os.PathLike[str] | None = None) -> Manifest:
    """Read the manifest named here or by ARCHIVOLT_MANIFEST, else ./manifest.toml.

    A ``manifest.local.toml`` beside it overrides single values; further files,
    separated as in PATH, override both.
    """
    manifest, problems = load(manifest_files(path))
    if problems:
        raise ManifestError(problems)
    return manifest


def parse_manifest(text: str, name: str = "manifest.toml") -> Manifest:
    """Read a manifest that is not in a file."""
    manifest, problems = build((Source(Path(name), text),))
    if problems:
        raise ManifestError(problems)
    return manifest


def manifest_files(path: str | os.PathLike[str] | None = None) -> tuple[Path, ...]:
    """Name the files that make up the manifest, the last one winning."""
    named = os.fspath(path or os.environ.get(VARIABLE) or "manifest.toml")
    first, *further = (Path(part) for part in named.split(os.pathsep) if part)
    local = first.with_suffix(".local.toml")
    return (first, *([local] if local.is_file() else []), *further)


def load(files: Sequence[Path]) -> tuple[Manifest, list[Problem]]:
    """Read as much as can be read, with the problems met on the way."""
    return build(tuple(Source(file, _text(file)) for file in files))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text; save it as UTF-8"
    except FileNotFoundError:
        reason = (
            f"there is no such file; name it with --manifest or {VARIABLE}, or write "
            "one with 'archivolt manifest example'"
        )
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
    raise ManifestError([Problem(str(path), f"{reason}.")])


def build(sources: tuple[Source, ...]) -> tuple[Manifest, list[Problem]]:
    """Make a manifest of texts, with the problems met on the way."""
    raw: dict[str, Any] = {}
    for source in sources:
        raw = _merged(raw, _toml(source))
    found = _Reading(Manifest({}, path=sources[0].path, sources=sources, raw=raw))
    return found.manifest(), found.problems


def _toml(source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        sentence, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0] or str(source.text.count("\n") + 1)
        problem = Problem(f"{source.path}:{line}", f"this is not TOML: {sentence}.")
        raise ManifestError([problem]) from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _merged(below, value)
        merged[key] = value
    return merged


class _Reading:
    """Takes a merged manifest apart, noting what is in the wrong place or shape."""

    def __init__(self, blank: Manifest) -> None:
        self.problems: list[Problem] = []
        self._blank = blank

    def manifest(self) -> Manifest:
        raw = self._keys((), self._blank.raw, TOP)
        return Manifest(
            host=self._host(self._table(raw, "host")),
            plugins=dict(self._tables(raw, "plugins")),
            defaults=self._defaults(self._table(raw, "defaults")),
            tenants={
                slug: self._tenant(slug, table)
                for slug, table in self._tables(raw, "tenants")
            },
            path=self._blank.path,
            sources=self._blank.sources,
            raw=self._blank.raw,
        )

    def _host(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        values = defaults()
        for name, value in self._keys(("host",), raw, tuple(HOST)).items():
            try:
                values[name] = parse(HOST[name], value)
            except SettingError as error:
                self._problem(str(error), "host", name)
        return values

    def _defaults(self, raw: Mapping[str, Any]) -> frozenset[str]:
        table = self._keys(("defaults",), raw, ("enabled",))
        return self._names(table, "defaults", "enabled")

    def _tenant(self, slug: str, raw: Mapping[str, Any]) -> TenantManifest:
        place = ("tenants", slug)
        table = self._keys(place, raw, ("enabled", "disabled", "settings"))
        return TenantManifest(
            enabled=self._names(table, *place, "enabled"),
            disabled=self._names(table, *place, "disabled"),
            settings=dict(self._tables(table, *place, "settings")),
        )

    def _keys(
        self, place: tuple[str, ...], raw: Mapping[str, Any], known: tuple[str, ...]
    ) -> dict[str, Any]:
        for key in [key for key in raw if key not in known]:
            title = f"in [{'.'.join(place)}]" if place else "at the top"
            self._problem(
                f"unknown key {key!r} {title}; known are {listed(known)}."
                f"{did_you_mean(key, known)}",
                *place,
                key,
            )
        return {key: value for key, value in raw.items() if key in known}

    def _tables(
        self, raw: Mapping[str, Any], *place: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        table = self._table(raw, *place)
        for key in table:
            yield key, self._table(table, *place, key)

    def _table(self, raw: Mapping[str, Any], *place: str) -> dict[str, Any]:
        value = raw.get(place[-1], {})
        if isinstance(value, dict):
            return value
        title = ".".join(place)
        self._problem(f"{title} must be a table: write [{title}].", *place)
        return {}

    def _names(self, raw: Mapping[str, Any], *place: str) -> frozenset[str]:
        names = raw.get(place[-1], [])
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return frozenset(names)
        self._problem(f"{place[-1]} must be a list of plugin names in quotes.", *place)
        return frozenset()

    def _problem(self, message: str, *key: str) -> None:
        self.problems.append(Problem(self._blank.where(*key), message))
