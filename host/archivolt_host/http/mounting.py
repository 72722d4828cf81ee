"""Mounts every route: the host's own, the plugins' below /vault, and extra mounts.

An extra mount is the same view at a second address, for clients that know a product
by other URLs: declared by the plugin, switched by ``extra_mounts`` in the manifest.
"""

import re
from collections.abc import Iterator
from typing import Any

from archivolt_host.http import borders, health, manual, openapi, pages
from archivolt_host.http.access import CLOSED
from archivolt_host.http.api import make_api
from archivolt_host.http.blueprints import Blueprint
from archivolt_host.http.edge import Edge
from archivolt_host.http.resources import (
    actions,
    events,
    jobs,
    plugins,
    runs,
    schedules,
)
from archivolt_host.http.stages import PREFIX
from archivolt_host.plugins.claiming import is_required, taken
from archivolt_host.plugins.registry import HOST, Registry

VARIABLE = re.compile(r"<(?:([^:<>]+):)?[^<>]+>")  # by its kind, whatever its name
PAGES = {
    "/api/schema": openapi.openapi,
    "/api/docs": pages.swagger,
    "/api/redoc": pages.redoc,
}


def mount(app: Edge, registry: Registry, *, version: str, extra: bool) -> None:
    """Mount everything, and note what each route demands and whose it is."""
    api = make_api(app, version)
    for own in (openapi.blueprint, health.blueprint):
        api.register_blueprint(own)
    for resource in (
        plugins.blueprint,
        actions.blueprint,
        jobs.blueprint,
        events.blueprint,
        runs.blueprint,
        schedules.blueprint,
    ):
        api.register_blueprint(resource)
    for page in (pages.blueprint, manual.blueprint, health.metrics):
        app.register_blueprint(page)
    for path, view in PAGES.items() if extra else ():
        app.add_url_rule(path, f"extra{path.replace('/', '_')}", view)
    brought = registry.brought("register_blueprints")
    brought += actions.blueprints(registry)
    # Where two want the same name or address, the one that must work has it.
    for plugin, blueprint in sorted(
        brought, key=lambda b: not is_required(registry, b[0])
    ):
        try:
            for name, prefix in _places(blueprint, extra):
                _mount_one(app, api, plugin, blueprint, name, prefix)
        except Exception as error:  # contained: one plugin is out, not the host
            registry.put_out(plugin, f"Its routes cannot be mounted: {error}")
    app.freeze()
    _note_routes(app, registry)
    for plugin, route in _undeclared(app):
        registry.put_out(
            plugin,
            f"{route} declares no permission: mark its view with requires(), "
            "signed_in() or public().",
        )
    for plugin, reason in list(_taken(app)):
        registry.put_out(plugin, reason)
    openapi.bind(openapi.Document(app, api, app.owners))


def _taken(app: Edge) -> Iterator[tuple[str, str]]:
    """Yield the plugins with a route that answers for somebody else already."""
    holders: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():  # in the order in which they were mounted
        owner = app.owners.get(rule.endpoint.rpartition(".")[0], HOST)
        shape = VARIABLE.sub(r"<\1>", rule.rule.rstrip("/"))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            holder = holders.setdefault((method, shape), owner)
            if holder != owner:
                yield owner, taken(f"{method} {rule.rule}", holder)


def _undeclared(app: Edge) -> Iterator[tuple[str, str]]:
    """Yield the routes of plugins that do not say who may use them."""
    for rule in app.url_map.iter_rules():
        owner = app.owners.get(rule.endpoint.rpartition(".")[0], HOST)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if owner != HOST and app.access[rule.endpoint, method] == CLOSED:
                yield owner, f"{method} {rule.rule}"


def _places(blueprint: Any, extra: bool) -> list[tuple[str, str]]:
    """Return where a blueprint goes: a name of its own for each prefix."""
    if not isinstance(blueprint, Blueprint):
        raise TypeError(f"{blueprint!r} is no Blueprint of archivolt_host.kit.api")
    own = blueprint.url_prefix or ""
    places = [(blueprint.name, f"{PREFIX}{own}")]
    for prefix in blueprint.extra_mounts if extra else ():
        words = prefix.strip("/").replace("/", "-")
        places.append((f"{words}-{blueprint.name}", f"{prefix}{own}"))
    return places


def _mount_one(
    app: Edge, api: Any, plugin: str, blueprint: Blueprint, name: str, prefix: str
) -> None:
    if name in app.blueprints:
        owner = app.owners.get(name, HOST)
        raise ValueError(f"there is a blueprint {name} already, of {owner}")
    app.owners[name] = plugin
    api.register_blueprint(blueprint, url_prefix=prefix, name=name)
    borders.hold(app, plugin, name)


def _note_routes(app: Edge, registry: Registry) -> None:
    for rule in app.url_map.iter_rules():
        owner = app.owners.get(rule.endpoint.rpartition(".")[0])
        if owner is not None:
            registry.routes.setdefault(owner, []).append(rule.rule)
