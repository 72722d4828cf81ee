"""The light switch: a plugin on or off for one tenant, at once, with no data lost."""

from archivolt_hookspecs import host as specs
from archivolt_host.errors import RefusedError
from archivolt_host.plugins import overrides
from archivolt_host.plugins.registry import Registry
from archivolt_host.tenants.context import Tenant

RESYNC = specs.resync.__name__


def switch(registry: Registry, tenant: Tenant, name: str, on: bool, actor: str) -> None:
    """Switch a plugin; refused (409, and why) where others stand or fall with it."""
    slug = tenant.slug
    if on == (name in registry.wanted(slug)):
        return
    if on:
        _may_go_on(registry, slug, name)
        if _has_missed_writes(registry, name):
            overrides.begin_catching_up(slug, name)
    else:
        _may_go_off(registry, slug, name)
    overrides.write(slug, name, {overrides.ENABLED: on}, actor)


def _may_go_on(registry: Registry, slug: str, name: str) -> None:
    if reason := registry.why_out(name, slug):
        raise RefusedError(f"{name} does not work here: {reason}")
    if lacking := set(registry.infos[name].requires) - registry.wanted(slug):
        raise RefusedError(
            f"{name} needs {', '.join(sorted(lacking))}: switch that on first."
        )


def _may_go_off(registry: Registry, slug: str, name: str) -> None:
    info = registry.infos.get(name)
    if info is not None and info.required:
        raise RefusedError(
            f"{name} is required: the platform does not work without it."
        )
    if info is not None and info.scope == "system":
        raise RefusedError(
            f"{name} serves the whole host: no tenant can switch it off."
        )
    dependents = [
        other
        for other in sorted(registry.wanted(slug))
        if other in registry.infos and name in registry.infos[other].requires
    ]
    if dependents:
        raise RefusedError(
            f"{name} is needed by {', '.join(dependents)}: switch that off first."
        )


def _has_missed_writes(registry: Registry, name: str) -> bool:
    """Return whether the plugin implements ``resync``: only then can it be behind."""
    return bool(registry.implementations(RESYNC, frozenset({name})))
