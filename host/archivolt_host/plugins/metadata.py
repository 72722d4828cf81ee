"""What a plugin says about itself, read from its wheel without importing it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archivolt_host.plugins.errors import MetadataError, SettingError
from archivolt_host.plugins.section import NAME_PATTERN, Section
from archivolt_host.plugins.settings import Setting, check_declaration
from archivolt_host.plugins.types import TYPES

if TYPE_CHECKING:
    import zipfile
    from importlib.metadata import Distribution, EntryPoint

__all__ = ["HOST_API", "MetadataError", "PluginInfo", "parse_metadata", "read_metadata"]

HOST_API = "1.0"
# Words of [plugins.NAME] in the manifest that are no settings.
RESERVED = ("version", "grants")
GRANTS = ("net", "call")
# How the tables of the databases, of the host and of its catalog begin.
FOREIGN_TABLES = (
    *("alembic_", "pg_", "sqlite_", "host_"),
    *("catching_", "domain_", "epoch_", "override_", "plugin_"),
    *("public_", "tenant_", "wake_"),
)


@dataclass(frozen=True)
class PluginInfo:
    """A plugin's declaration, as its plugin.toml has it."""

    id: str
    name: str
    summary: str
    version: str
    distribution: str
    host_api: str
    scope: Literal["system", "tenant"] = "tenant"
    required: bool = False
    guards: tuple[str, ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    tables: str = ""
    derived: bool = False
    on_purge: str = "drop"


def read_metadata(entry_point: EntryPoint) -> PluginInfo:
    """Read the plugin.toml beside an entry point's package, or raise MetadataError."""
    package = entry_point.module.partition(".")[0]
    info = read_package(locate(package), *_distribution(entry_point))
    return _named_alike(info, entry_point.name)


def read_package(
    folder: Path | zipfile.Path, distribution: str, version: str
) -> PluginInfo:
    """Read the plugin.toml in a package's folder, which may lie in a wheel."""
    source = f"{folder.name}/plugin.toml"
    try:
        written = (folder / "plugin.toml").read_text(encoding="utf-8")
    except (OSError, KeyError):  # KeyError: not in the wheel
        raise MetadataError(
            f"{folder.name} ships no plugin.toml: put one beside its __init__.py."
        ) from None
    except UnicodeDecodeError as error:
        raise MetadataError(f"{source} is not valid: {error}.") from None
    return _parsed(written, source, distribution, version)


@cache  # what is installed is looked up often, and seldom new
def _parsed(written: str, source: str, distribution: str, version: str) -> PluginInfo:
    try:
        raw = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise MetadataError(f"{source} is not valid: {error}.") from None
    return parse_metadata(raw, source, distribution, version)


def parse_metadata(
    raw: Mapping[str, Any], source: str, distribution: str, version: str
) -> PluginInfo:
    """Check the content of a plugin.toml; every mistake is a MetadataError."""
    whole = Section(source, raw)
    sections = {
        name: Section(f"{source} [{name}]", whole.table(name))
        for name in ("plugin", "requires", "data")
    }
    info = PluginInfo(
        distribution=distribution,
        version=version,
        grants=_grants(source, whole.table("grants")),
        settings=_settings(source, whole.table("settings")),
        commands=_commands(source, whole.table("commands")),
        **_plugin(sections["plugin"]),
        **_requires(sections["requires"], source),
        **_data(sections["data"]),
    )
    for section in (whole, *sections.values()):
        section.done()
    return info


def locate(package: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    # Of a top-level name, find_spec runs no code of the package.
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise MetadataError(f"The package {package} is not there: install it again.")
    if not spec.submodule_search_locations:
        raise MetadataError(
            f"{package} is a single file: make it a package that holds a plugin.toml."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    if entry_point.dist is None:
        raise MetadataError(
            f"The entry point {entry_point.name} belongs to no distribution: "
            "install the plugin with pip."
        )
    return _named(entry_point.dist)


@lru_cache(maxsize=256)  # it is parsed anew each time it is asked for
def _named(distribution: Distribution) -> tuple[str, str]:
    written = distribution.metadata
    return written["Name"], written["Version"]


def _named_alike(info: PluginInfo, entry_point: str) -> PluginInfo:
    if info.id != entry_point:
        raise MetadataError(
            f"{info.distribution} calls its entry point {entry_point!r} and its "
            f"plugin.toml says id = {info.id!r}: give both the same name."
        )
    return info


def _plugin(section: Section) -> dict[str, Any]:
    return {
        "id": section.name("id"),
        "name": section.text("name"),
        "summary": section.text("summary"),
        "host_api": section.specifier("host_api"),
        "scope": section.choice("scope", ("system", "tenant"), "tenant"),
        "required": section.flag("required"),
        "guards": section.names("guards"),
    }


def _requires(section: Section, source: str) -> dict[str, Any]:
    plugins = section.table("plugins")
    needs = Section(f"{source} [requires] plugins", plugins)
    return {
        "requires": {
            needs.checked(plugin): needs.specifier(plugin) for plugin in plugins
        },
        "after": section.names("after"),
        "conflicts": section.names("conflicts"),
    }


def _data(section: Section) -> dict[str, Any]:
    tables = section.text("tables", "")
    if tables and not re.fullmatch(rf"{NAME_PATTERN}_", tables):
        raise section.wrong(
            f'tables = "{tables}" is not a table prefix: write lower-case letters, '
            'digits and underscores that end in an underscore, such as "documents_".'
        )
    if tables.startswith(FOREIGN_TABLES):
        raise section.wrong(f'tables = "{tables}" belongs to others: choose your own.')
    purges = ("drop", "export-then-drop", "keep")
    return {
        "tables": tables,
        "derived": section.flag("derived"),
        "on_purge": section.choice("on_purge", purges, "drop"),
    }


def _grants(source: str, raw: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    section = Section(f"{source} [grants]", raw)
    found = {kind: section.texts(kind) for kind in GRANTS}
    section.done()
    return {kind: patterns for kind, patterns in found.items() if kind in raw}


def _commands(source: str, raw: dict[str, Any]) -> dict[str, str]:
    section = Section(f"{source} [commands]", raw)
    return {name: section.text(name) for name in raw}


def _settings(source: str, raw: dict[str, Any]) -> dict[str, Setting]:
    tables = Section(f"{source} [settings]", raw)
    for name in raw:
        if tables.checked(name) in RESERVED:
            raise tables.wrong(f"{name} is a word of the manifest: choose another.")
    return {
        name: _setting(Section(f"{source} [settings.{name}]", tables.table(name)), name)
        for name in raw
    }


def _setting(section: Section, name: str) -> Setting:
    kind = section.choice("type", tuple(TYPES), None)
    values: dict[str, Any] = {
        "scope": section.choice("scope", ("host", "tenant"), "host"),
        "summary": section.text("summary", ""),
        "required": section.flag("required"),
        "secret": section.flag("secret"),
        "choices": section.texts("choices"),
        "driver": section.text("driver", ""),
    }
    rest = {key: section.anything(key) for key in ("default", "minimum", "maximum")}
    section.done()
    try:
        check_declaration(Setting(name, kind, **values, **rest))
        return Setting.declare(name, kind, **values, **rest)
    except SettingError as error:
        raise section.wrong(str(error)) from None
