"""Imports the plugins in order, checks their hooks, puts a broken one aside."""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import structlog

import archivolt_hookspecs
from archivolt_hookspecs import PROJECT
from archivolt_host.plugins import guarding
from archivolt_host.plugins.metadata import PluginInfo

log = structlog.get_logger()


@dataclass
class Loading:
    """What came of the attempt: plugins by name in load order, and the failures."""

    manager: pluggy.PluginManager
    plugins: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)


def load(
    order: Iterable[str],
    infos: Mapping[str, PluginInfo],
    entry_points: Mapping[str, EntryPoint],
) -> Loading:
    """Import and register plugins; what fails takes its dependents out with it."""
    loading = Loading(_manager())
    for name in order:
        if missing := _failed_need(infos[name], loading.failures):
            loading.failures[name] = f"It needs {missing}, which is out."
            continue
        try:
            loading.plugins[name] = entry_points[name].load()()
        except (Exception, SystemExit) as error:  # a plugin may raise anything
            _put_aside(loading, name, "It cannot be imported", error)
    _register_all(loading, infos)
    return loading


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    for module in spec_modules():
        if any(hasattr(thing, "archivolt_verb") for thing in vars(module).values()):
            manager.add_hookspecs(module)
    return manager


def spec_modules() -> Iterable[ModuleType]:
    """Return the modules of hookspecs: ours, and those that installed plugins ship."""
    # Looked for by name: to iterate over all that is installed takes far longer.
    shipped = sorted(
        init.parent.name
        for folder in sys.path
        for init in Path(folder or ".").glob("archivolt_*_hookspecs/__init__.py")
    )
    for package in dict.fromkeys([archivolt_hookspecs.__name__, *shipped]):
        root = importlib.import_module(package)
        for module in pkgutil.iter_modules(root.__path__):
            yield importlib.import_module(f"{package}.{module.name}")


def _register_all(loading: Loading, infos: Mapping[str, PluginInfo]) -> None:
    """Register in order, so that a hook's implementations run in order of need."""
    for name, plugin in list(loading.plugins.items()):
        need = _failed_need(infos[name], loading.failures)
        try:
            if need:
                raise LookupError(f"it needs {need}, which is out")
            loading.manager.register(plugin, name)
            _check(loading.manager, plugin)
            guarding.check(loading.manager, infos[name])
        except Exception as error:  # pluggy and the plugin may raise anything
            if loading.manager.get_plugin(name) is not None:
                loading.manager.unregister(name=name)
            del loading.plugins[name]
            _put_aside(loading, name, "Its hooks do not fit", error)


def _check(manager: pluggy.PluginManager, plugin: Any) -> None:
    """Refuse misspelt hooks and wrappers, which our own dispatch does not call."""
    for caller in manager.get_hookcallers(plugin) or ():
        if caller.spec is None:
            raise LookupError(f"there is no hook {caller.name}")
        for implementation in caller.get_hookimpls():
            if implementation.plugin is plugin and (
                implementation.wrapper or implementation.hookwrapper
            ):
                raise TypeError(f"{caller.name} is a wrapper; write a plain hook")


def _failed_need(info: PluginInfo, failures: Mapping[str, str]) -> str | None:
    return next((need for need in info.requires if need in failures), None)


def _put_aside(loading: Loading, name: str, what: str, error: BaseException) -> None:
    loading.failures[name] = f"{what}: {type(error).__name__}: {error}"
    loading.traces[name] = traceback.format_exc()
    log.error("plugin out", plugin=name, reason=loading.failures[name])
