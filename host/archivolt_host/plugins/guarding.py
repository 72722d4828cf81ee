"""Which plugins guard which hooks, so that out does not come to mean open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archivolt_host.plugins.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pluggy import PluginManager

    from archivolt_host.plugins.loading import Loading
    from archivolt_host.plugins.metadata import PluginInfo

ANY = "*"


def check(manager: PluginManager, info: PluginInfo) -> None:
    """Refuse a misspelt guard: the hook that was meant would stand open."""
    known = _hooks(manager)
    for hook in info.guards:
        if hook not in known:
            near = did_you_mean(hook, known)
            raise LookupError(f"it guards {hook}, and there is no such hook.{near}")


def table(
    names: Iterable[str], infos: Mapping[str, PluginInfo], loading: Loading
) -> dict[str, tuple[str, ...]]:
    """Return the hooks, each with the plugins that guard it, by need or for safety."""
    found: dict[str, tuple[str, ...]] = {}
    known = _hooks(loading.manager)
    for name in names:
        for hook in _guarded(infos.get(name), name in loading.failures, known):
            found[hook] = (*found.get(hook, ()), name)
    return found


def _guarded(
    info: PluginInfo | None, failed: bool, known: frozenset[str]
) -> tuple[str, ...]:
    """Return what a plugin guards: any hook, where nobody can tell which it meant."""
    if info is None:
        return (ANY,)
    if failed and set(info.guards) - known:
        return (*info.guards, ANY)
    return info.guards


def _hooks(manager: PluginManager) -> frozenset[str]:
    callers = vars(manager.hook).items()
    return frozenset(name for name, one in callers if getattr(one, "spec", None))
