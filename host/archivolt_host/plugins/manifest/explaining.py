"""What is in force for a tenant, and who said so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from archivolt_host.plugins.granting import ALL, Grants
from archivolt_host.plugins.manifest.host_settings import HOST_SETTINGS
from archivolt_host.plugins.manifest.model import Manifest, TenantManifest
from archivolt_host.plugins.settings import Secret, Setting, SettingError, parse

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

Origin = Literal["default", "host", "tenant", "override"]
_EMPTY = (None, "", Secret())


@dataclass(frozen=True)
class Effective:
    """A value in force, with the layer it comes from and the place it was written."""

    value: Any
    origin: Origin
    where: str


def effective(
    info: PluginInfo,
    manifest: Manifest,
    tenant: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Effective]:
    """Give a plugin's settings in force; a value that does not fit is a SettingError.

    Precedence: default, host, tenant, override. Overrides of settings that the plugin
    no longer has, that are the operator's now or that do not fit any more are passed
    over: an upgrade locks no tenant out.
    """
    return {
        name: _fitting(
            setting, list(_layers(info, setting, manifest, tenant, overrides or {}))
        )
        for name, setting in info.settings.items()
    }


def effective_host(manifest: Manifest) -> dict[str, Effective]:
    """Give the host's settings in force."""
    return {setting.name: _of_host(manifest, setting.name) for setting in HOST_SETTINGS}


def enabled_plugins(
    manifest: Manifest,
    tenant: str | None = None,
    overrides: Mapping[str, bool] | None = None,
    *,
    infos: Mapping[str, PluginInfo] | None = None,
) -> frozenset[str]:
    """Name the plugins that are on for a tenant.

    ``infos`` tells which are always on: the required ones and those of system scope.
    A plugin that the manifest does not name is never on.
    """
    own = manifest.tenants.get(tenant or "", TenantManifest())
    enabled = set((manifest.defaults | own.enabled) - own.disabled)
    for plugin, on in (overrides or {}).items():
        (enabled.add if on else enabled.discard)(plugin)
    enabled |= {plugin for plugin, info in (infos or {}).items() if always_on(info)}
    return frozenset(enabled & manifest.plugins.keys())


def completed(manifest: Manifest, infos: Mapping[str, PluginInfo]) -> Manifest:
    """Name the required plugins without which a named, required one cannot be.

    They are no choice: an upgrade that splits one in two asks for no new lines.
    """
    named = dict(manifest.plugins)
    waiting = list(named)
    while waiting:
        info = infos.get(waiting.pop())
        for need in info.requires if info and info.required else ():
            if need not in named and need in infos and infos[need].required:
                named[need] = {}
                waiting.append(need)
    same = len(named) == len(manifest.plugins)
    return manifest if same else replace(manifest, plugins=named)


def always_on(info: PluginInfo) -> bool:
    """Tell whether no tenant can switch the plugin off."""
    return info.required or info.scope == "system"


def grants(info: PluginInfo, manifest: Manifest, kind: str) -> Grants:
    """Return what a plugin asks for, and what of it the manifest leaves it."""
    narrowed = manifest.plugins.get(info.id, {}).get("grants", {})
    return Grants(info.grants.get(kind, ()), tuple(narrowed.get(kind, ALL)))


def missing_settings(
    info: PluginInfo,
    manifest: Manifest,
    tenant: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Name the required settings that nobody has given a value."""
    return tuple(
        name
        for name, setting in info.settings.items()
        if setting.required
        and _written(info, setting, manifest, tenant, overrides or {}).value in _EMPTY
    )


def _of_host(manifest: Manifest, name: str) -> Effective:
    if name in manifest.raw.get("host", {}):
        return Effective(manifest.host[name], "host", manifest.where("host", name))
    return Effective(manifest.host[name], "default", "built in")


def _fitting(setting: Setting, layers: list[Effective]) -> Effective:
    """Return the value of the uppermost layer, of those below a wrong override."""
    try:
        return _typed(setting, layers[-1])
    except SettingError as error:
        if layers[-1].origin != "override":
            raise
        import structlog  # only a mistake pays for this import

        structlog.get_logger().warning("setting passed over", problem=str(error))
        return _typed(setting, layers[-2])


def _typed(setting: Setting, written: Effective) -> Effective:
    if written.origin == "default":
        return written
    return replace(written, value=parse(setting, written.value))


def _written(
    info: PluginInfo,
    setting: Setting,
    manifest: Manifest,
    tenant: str | None,
    overrides: Mapping[str, Any],
) -> Effective:
    *_, last = _layers(info, setting, manifest, tenant, overrides)
    return last


def _layers(
    info: PluginInfo,
    setting: Setting,
    manifest: Manifest,
    tenant: str | None,
    overrides: Mapping[str, Any],
) -> Iterator[Effective]:
    name, host = setting.name, manifest.plugins.get(info.id, {})
    yield Effective(setting.default, "default", "plugin.toml")
    if name in host:
        yield Effective(host[name], "host", manifest.where("plugins", info.id, name))
    if tenant is not None and setting.scope == "tenant":
        key = ("tenants", tenant, "settings", info.id)
        own = manifest.tenants.get(tenant, TenantManifest()).settings.get(info.id, {})
        if name in own:
            yield Effective(own[name], "tenant", manifest.where(*key, name))
        if name in overrides:
            yield Effective(overrides[name], "override", "run-time override")
