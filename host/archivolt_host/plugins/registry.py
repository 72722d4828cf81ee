"""What this process knows of plugins: loaded, out and why, on for which tenant."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from archivolt_hookspecs.markers import verb_of
from archivolt_hookspecs.registration import (
    Action,
    HealthCheck,
    Permission,
    Schedule,
)
from archivolt_host.plugins import granting, guarding
from archivolt_host.plugins.actions import DISABLED_ACTIONS
from archivolt_host.plugins.breaker import Breakers
from archivolt_host.plugins.claiming import claimed
from archivolt_host.plugins.discovery import discover, infos, problems
from archivolt_host.plugins.granting import Grants
from archivolt_host.plugins.loading import Loading, load
from archivolt_host.plugins.manifest import (
    Manifest,
    completed,
    effective,
    enabled_plugins,
    find_problems,
    grants,
)
from archivolt_host.plugins.metadata import PluginInfo
from archivolt_host.plugins.overrides import Overrides
from archivolt_host.plugins.resolution import SAFE_MODE, only_required, resolve
from archivolt_host.tenants.models import HOST as HOST


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook, and the arguments it takes."""

    plugin: str
    function: Any
    arguments: tuple[str, ...]


class Registry:
    """The plugins of this process."""

    def __init__(
        self, manifest: Manifest, infos: Mapping[str, PluginInfo], loading: Loading
    ) -> None:
        self.manifest = manifest
        self.infos = infos
        self.loading = loading
        self.overrides = Overrides()
        self.breakers = Breakers()
        self.out: dict[str, str] = dict(loading.failures)
        self.routes: dict[str, list[str]] = {}
        self.catalog_changed: Callable[[], None] = self.forget
        self._wanted: dict[str, frozenset[str]] = {}
        self._enabled: dict[str, frozenset[str]] = {}
        self._settings: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._by_verb: dict[str, list[str]] = {}
        self._table: dict[tuple[str, frozenset[str]], tuple[Implementation, ...]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The plugins that work, in load order."""
        return tuple(n for n in self.loading.plugins if n not in self.out)

    def forget(self) -> None:
        """Drop what was derived from overrides; the next question derives it anew."""
        self.overrides.reload()
        self._wanted.clear()
        self._enabled.clear()
        self._settings.clear()

    def put_out(self, name: str, reason: str) -> None:
        """Take a plugin out after loading, and all that need it."""
        self.out.setdefault(name, reason)
        for other, info in self.infos.items():
            if name in info.requires and other not in self.out:
                self.put_out(other, f"It needs {name}, which is out.")
        self._enabled.clear()
        self._table.clear()

    def wanted(self, tenant: str) -> frozenset[str]:
        """Return the plugins that should be on for a tenant, working or not."""
        found = self._wanted.get(tenant)
        if found is None:
            switches = self.overrides.switches(tenant)
            found = enabled_plugins(self.manifest, tenant, switches, infos=self.infos)
            self._wanted[tenant] = found
        return found

    def enabled(self, tenant: str | None) -> frozenset[str]:
        """Return the plugins that are on for a tenant and work; without one, all."""
        key = tenant or ""
        found = self._enabled.get(key)
        if found is None:
            working = frozenset(self.names)
            found = working if tenant is None else self._closed(tenant, working)
            self._enabled[key] = found
        return found

    def _closed(self, tenant: str, working: frozenset[str]) -> frozenset[str]:
        """Leave out what needs something that is off, however it came to be off."""
        broken = self.overrides.out(tenant)
        on = self.wanted(tenant) & working - broken.keys()
        if HOST in broken:
            return frozenset()
        while lacking := {n for n in on if set(self.infos[n].requires) - on}:
            on -= lacking
        return frozenset(on)

    def state(self, name: str, tenant: str) -> tuple[str, str | None]:
        """Return a plugin's state for a tenant, and why where it does not work."""
        if reason := self.why_out(name, tenant):
            return "out", reason
        if name not in self.manifest.plugins:
            return "installed", "The manifest does not name it, so it is not loaded."
        if name in self.overrides.catching_up(tenant):
            return "catching_up", "It reads what was written while it was off."
        if self.breakers.is_open(tenant, name):
            return (
                "resting",
                "It failed several times in a row; tried again in a minute.",
            )
        if name not in self.wanted(tenant):
            return "off", None
        if name not in self.enabled(tenant):
            needs = set(self.infos[name].requires) - self.enabled(tenant)
            return "out", f"It needs {', '.join(sorted(needs))}, which is off or out."
        return "on", None

    def why_out(self, name: str, tenant: str) -> str | None:
        """Return why a plugin is out, everywhere or in one tenant, or None."""
        if name in self.out:
            return self.out[name]
        here = self.overrides.out(tenant)
        if name not in here:
            return None
        return f"Its tables could not be migrated here: {here[name]}"

    def settings(self, plugin: str, tenant: str | None) -> Mapping[str, Any]:
        """Return a plugin's effective settings for a tenant."""
        key = (plugin, tenant or "")
        found = self._settings.get(key)
        if found is None:
            overrides = self.overrides.settings(tenant, plugin) if tenant else {}
            values = effective(self.infos[plugin], self.manifest, tenant, overrides)
            found = {name: value.value for name, value in values.items()}
            self._settings[key] = found
        return found

    def set_at_run_time(self, plugin: str, tenant: str | None) -> frozenset[str]:
        """Return the settings of a plugin that a tenant has set for itself."""
        return frozenset(self.overrides.settings(tenant, plugin) if tenant else ())

    def implementations(
        self, hook: str, enabled: frozenset[str]
    ) -> tuple[Implementation, ...]:
        """Return who implements a hook among the enabled, in order of need."""
        key = (hook, enabled)
        found = self._table.get(key)
        if found is None:
            found = tuple(
                Implementation(i.plugin_name, i.function, tuple(i.argnames))
                for i in _in_order(getattr(self.loading.manager.hook, hook))
                if i.plugin_name in enabled
            )
            self._table[key] = found
        return found

    def verb(self, hook: str) -> str:
        """Return the verb by which a hook is to be called."""
        caller = getattr(self.loading.manager.hook, hook, None)
        if caller is None or caller.spec is None:
            raise LookupError(f"There is no hook {hook}.")
        return verb_of(caller.spec.function)

    def spoken_by(self, verb: str) -> list[str]:
        """Return the hooks that are called by a verb."""
        found = self._by_verb.get(verb)
        if found is None:
            hooks = vars(self.loading.manager.hook).items()
            specs = [(n, c.spec) for n, c in hooks if getattr(c, "spec", None)]
            found = sorted(n for n, spec in specs if verb_of(spec.function) == verb)
            self._by_verb[verb] = found
        return found

    def sleeping_guard(self, hook: str, tenant: str) -> str | None:
        """Return a plugin that guards the hook here and cannot answer, if any."""
        guards = self._guards.get(hook, ()) + self._guards.get(guarding.ANY, ())
        behind = self.overrides.catching_up(tenant) if guards else ()
        for name in guards:
            if name not in self.wanted(tenant):
                continue
            if name not in self.enabled(tenant) or name in behind:
                return name
            if self.breakers.is_open(tenant, name):
                return name
        return None

    def is_guard(self, plugin: str, hook: str) -> bool:
        """Return whether a plugin has declared that it guards a hook."""
        return plugin in self._guards.get(hook, ())

    @cached_property
    def _guards(self) -> dict[str, tuple[str, ...]]:
        """Hooks to the named plugins that guard them."""
        return guarding.table(self.manifest.plugins, self.infos, self.loading)

    def brought(self, hook: str) -> list[tuple[str, Any]]:
        """Return what each working plugin brings, asked once at start."""
        found = []
        for i in self.implementations(hook, frozenset(self.names)):
            try:
                with granting.at_work(i.plugin):
                    found += [(i.plugin, item) for item in i.function()]
            except Exception as error:  # contained: one plugin is out, not the host
                self.put_out(i.plugin, f"{hook} failed: {error!r}")
        return found

    def settle(self) -> None:
        """Ask for all that is brought, so that who fails is out from the beginning."""
        _ = self.actions, self.permissions, self.health_checks, self.schedules

    def hooks_of(self, plugin: str) -> list[str]:
        """Return the hooks that a working plugin implements."""
        loaded = self.loading.plugins.get(plugin)
        callers = self.loading.manager.get_hookcallers(loaded) if loaded else None
        return sorted(caller.name for caller in callers or ())

    def grants(self, plugin: str, kind: str) -> Grants:
        """Return what a plugin asked for, and what of it the manifest leaves it."""
        return grants(self.infos[plugin], self.manifest, kind)

    @cached_property
    def actions(self) -> dict[str, tuple[str, Action]]:
        """Every action by name, with its plugin."""
        return claimed(self, self.brought("register_actions"), "action")

    def is_switched_off(self, action: str, tenant: str | None) -> bool:
        """Return whether a tenant is not to have an action whose plugin is on."""
        plugin = self.actions[action][0]
        return action in self.settings(plugin, tenant).get(DISABLED_ACTIONS, ())

    @cached_property
    def permissions(self) -> dict[str, Permission]:
        """Every permission by name."""
        found = claimed(self, self.brought("register_permissions"), "permission")
        return {name: permission for name, (_, permission) in found.items()}

    @cached_property
    def health_checks(self) -> list[HealthCheck]:
        """Every plugin's outside dependency."""
        return [
            replace(check, probe=granting.held(plugin, check.probe))
            for plugin, check in self.brought("register_health_checks")
        ]

    @cached_property
    def schedules(self) -> list[tuple[str, Schedule]]:
        """Every schedule with its plugin."""
        return self.brought("register_schedules")

    def package_folder(self, name: str) -> Path:
        """Return the folder of a working plugin's package."""
        module = type(self.loading.plugins[name]).__module__.partition(".")[0]
        paths = __import__(module).__path__
        return Path(next(iter(paths)))


def _in_order(caller: Any) -> Any:
    """Return implementations as loaded, but tryfirst before and trylast behind."""
    impls = caller.get_hookimpls()
    return sorted(impls, key=lambda i: (not i.tryfirst, i.trylast))


def open_registry(manifest: Manifest) -> Registry:
    """Find, order and load the plugins that the manifest names."""
    found = discover()
    known, broken = infos(found), problems(found)
    manifest = completed(manifest, known)
    named = {name: info for name, info in known.items() if name in manifest.plugins}
    resolution = resolve(named, manifest, broken)
    if os.environ.get(SAFE_MODE):
        resolution = only_required(resolution, named)
    entry_points = {one.entry_point.name: one.entry_point for one in found}
    registry = Registry(manifest, known, load(resolution.order, named, entry_points))
    registry.out.update(resolution.out)
    for problem in find_problems(manifest, known, broken=broken):
        if problem.plugin in registry.names and problem.tenant is None:
            registry.put_out(problem.plugin, str(problem))
    return registry
