"""Go through a manifest plugin by plugin and tenant by tenant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archivolt_host.plugins.errors import SettingError, did_you_mean, listed
from archivolt_host.plugins.manifest.explaining import (
    always_on,
    enabled_plugins,
    missing_settings,
)
from archivolt_host.plugins.manifest.model import Manifest, Problem
from archivolt_host.plugins.metadata import GRANTS, RESERVED
from archivolt_host.plugins.settings import parse
from archivolt_host.plugins.versions import is_specifier

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

Infos = Mapping[str, "PluginInfo"]


class Inspection:
    """One manifest held against the installed plugins."""

    def __init__(
        self, manifest: Manifest, infos: Infos, broken: Mapping[str, str]
    ) -> None:
        self.manifest = manifest
        self.infos = infos
        self.broken = broken
        self.installed = infos.keys() | broken.keys()

    def problems(self, known_tenants: Collection[str] | None) -> Iterator[Problem]:
        """Yield every problem; tenants are compared when they are known."""
        for plugin in self.manifest.plugins:
            yield from self._plugin(plugin)
        yield from self._list("defaults", "enabled")
        for plugin, needed in sorted(self._lacking(None)):
            yield self._unsupported(plugin, needed, "defaults", "enabled")
        for slug in self.manifest.tenants:
            if known_tenants is not None and slug not in known_tenants:
                yield self._unknown_tenant(slug, known_tenants)
            yield from self._tenant(slug)

    def _plugin(self, plugin: str) -> Iterator[Problem]:
        key = ("plugins", plugin)
        if plugin in self.broken:
            yield self._problem(self.broken[plugin], *key, plugin=plugin)
        elif plugin not in self.infos:
            yield self._problem(self._unknown(plugin), *key, plugin=plugin)
        else:
            yield from self._reserved(plugin)
            written = self.manifest.plugins[plugin]
            own = {name: raw for name, raw in written.items() if name not in RESERVED}
            yield from self._settings(plugin, own, *key)
            yield from self._missing(plugin)

    def _reserved(self, plugin: str) -> Iterator[Problem]:
        written = self.manifest.plugins[plugin]
        key = ("plugins", plugin)
        if "version" in written and not is_specifier(written["version"]):
            message = 'version is not a version range: write for example ">=1,<2".'
            yield self._problem(message, *key, "version", plugin=plugin)
        if message := _grants_problem(written.get("grants", {})):
            yield self._problem(message, *key, "grants", plugin=plugin)

    def _settings(
        self, plugin: str, raw: Mapping[str, Any], *key: str, tenant: str | None = None
    ) -> Iterator[Problem]:
        for name, value in raw.items():
            message = self._setting(plugin, name, value, tenant)
            if message:
                yield self._problem(message, *key, name, plugin=plugin, tenant=tenant)

    def _setting(self, plugin: str, name: str, raw: Any, tenant: str | None) -> str:
        settings = self.infos[plugin].settings
        if name not in settings:
            return (
                f"{plugin} has no setting {name!r}; its settings are "
                f"{listed(settings)}.{did_you_mean(name, settings)}"
            )
        if tenant and settings[name].scope == "host":
            return (
                f"{name} of {plugin} is one for all tenants: set it in "
                f"[plugins.{plugin}]."
            )
        try:
            parse(settings[name], raw)
        except SettingError as error:
            return str(error)
        return ""

    def _missing(self, plugin: str) -> Iterator[Problem]:
        info = self.infos[plugin]
        for name in missing_settings(info, self.manifest):
            if info.settings[name].scope == "host":
                message = f"{plugin} needs a value for {name}: set it here."
                yield self._problem(message, "plugins", plugin, plugin=plugin)

    def _tenant(self, slug: str) -> Iterator[Problem]:
        key, own = ("tenants", slug), self.manifest.tenants[slug]
        yield from self._list(*key, "enabled")
        yield from self._list(*key, "disabled")
        for plugin in own.settings:
            place = (*key, "settings", plugin)
            if plugin in self.infos:
                yield from self._settings(
                    plugin, own.settings[plugin], *place, tenant=slug
                )
            elif plugin not in self.broken:
                yield self._problem(self._unknown(plugin), *place, plugin=plugin)
        for plugin, needed in sorted(self._lacking(slug) - self._lacking(None)):
            yield self._unsupported(plugin, needed, *key, tenant=slug)

    def _lacking(self, slug: str | None) -> set[tuple[str, str]]:
        on = enabled_plugins(self.manifest, slug, infos=self.infos)
        return {
            (plugin, needed)
            for plugin in on & self.infos.keys()
            for needed in self.infos[plugin].requires.keys() - on
        }

    def _unsupported(
        self, plugin: str, needed: str, *key: str, tenant: str | None = None
    ) -> Problem:
        message = (
            f"{plugin} is enabled here and needs {needed}, which is not: enable "
            f"{needed} too, or do without {plugin}."
        )
        return self._problem(message, *key, plugin=plugin, tenant=tenant)

    def _list(self, *key: str) -> Iterator[Problem]:
        for position, plugin in enumerate(self._names(*key)):
            message = self._listed(plugin, key[-1])
            if message:
                yield self._problem(message, *key, position, plugin=plugin)

    def _names(self, *key: str) -> list[str]:
        table: Any = self.manifest.raw
        for part in key:
            table = table.get(part, {})
        return [name for name in table if isinstance(name, str)]

    def _listed(self, plugin: str, kind: str) -> str:
        if plugin not in self.installed:
            return self._unknown(plugin)
        if kind == "enabled" and plugin not in self.manifest.plugins:
            return f"{plugin} is not loaded: name it with [plugins.{plugin}]."
        info = self.infos.get(plugin)
        if kind == "disabled" and info and always_on(info):
            why = "is required" if info.required else "serves the whole host"
            return f"{plugin} {why} and cannot be disabled: take it off this list."
        return ""

    def _unknown(self, plugin: str) -> str:
        return (
            f"unknown plugin {plugin!r}; installed are {listed(self.installed)}."
            f"{did_you_mean(plugin, self.installed)}"
        )

    def _unknown_tenant(self, slug: str, known: Collection[str]) -> Problem:
        message = (
            f"unknown tenant {slug!r}: create it first or take it out."
            f"{did_you_mean(slug, known)}"
        )
        return self._problem(message, "tenants", slug, tenant=slug)

    def _problem(
        self,
        message: str,
        *key: str | int,
        plugin: str | None = None,
        tenant: str | None = None,
    ) -> Problem:
        return Problem(self.manifest.where(*key), message, plugin, tenant)


def _grants_problem(table: object) -> str:
    if not isinstance(table, dict) or not all(map(_is_texts, table.values())):
        return "grants must be a table of lists: write for example { net = [] }."
    unknown = next((kind for kind in table if kind not in GRANTS), "")
    if not unknown:
        return ""
    near = did_you_mean(unknown, GRANTS)
    return f"there are no grants of {unknown}; known are {listed(GRANTS)}.{near}"


def _is_texts(items: object) -> bool:
    return isinstance(items, list) and all(isinstance(item, str) for item in items)
