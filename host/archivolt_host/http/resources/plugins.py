"""``/vault/plugins``: which there are, what they can be told, and the light switch."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from marshmallow import fields

from archivolt_host.errors import InvalidError, NotFoundError, RefusedError
from archivolt_host.http.access import requires
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.schemas import BaseSchema
from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import jobs
from archivolt_host.plugins import dispatch, overrides, provenance, recording, timing
from archivolt_host.plugins.manifest import effective
from archivolt_host.plugins.metadata import PluginInfo
from archivolt_host.plugins.registry import Registry
from archivolt_host.plugins.schema import json_schema
from archivolt_host.plugins.settings import Secret, SettingError, display, parse_sent
from archivolt_host.plugins.switching import switch
from archivolt_host.tenants import context

blueprint = Blueprint("plugins", __name__, description="Plugins, and their switches.")


class SettingSchema(BaseSchema):
    """A setting's effective value, and where it comes from."""

    value = fields.Raw(required=True, allow_none=True)
    origin = fields.String(required=True)
    where = fields.String(allow_none=True)


class HookSchema(BaseSchema):
    """A hook that a plugin implements, and what that has cost this tenant.

    Where several processes answer, calls, seconds and errors are those of the one that
    was asked, since its start; ``/metrics`` adds up all processes and tenants.
    """

    name = fields.String(required=True)
    verb = fields.String(required=True)
    calls = fields.Integer(required=True)
    seconds = fields.Float(required=True)
    errors = fields.Integer(required=True)


class ProvenanceSchema(BaseSchema):
    """Where a plugin was installed from, by what, and one hash over all its files."""

    origin = fields.String(required=True)
    installer = fields.String(required=True)
    fingerprint = fields.String(required=True)


class PluginSchema(BaseSchema):
    """A plugin as one tenant sees it."""

    name = fields.String(required=True)
    title = fields.String()
    summary = fields.String()
    version = fields.String(allow_none=True)
    state = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    required = fields.Boolean()
    reason = fields.String(allow_none=True)
    settings = fields.Dict(keys=fields.String(), values=fields.Nested(SettingSchema))
    settings_schema = fields.Dict()
    routes = fields.List(fields.String())
    scope = fields.String()
    distribution = fields.String()
    provenance = fields.Nested(ProvenanceSchema, allow_none=True)
    grants = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    hooks = fields.List(fields.Nested(HookSchema))


class PluginListSchema(BaseSchema):
    """Every installed plugin."""

    items = fields.List(fields.Nested(PluginSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class SwitchSchema(BaseSchema):
    """What to change: the switch, settings, or both. A setting of null goes back."""

    enabled = fields.Boolean()
    settings = fields.Dict(keys=fields.String())


@blueprint.route("/vault/plugins")
class Plugins(ModelAPIView):
    """All installed plugins."""

    @requires("plugins.read")
    @blueprint.response(200, PluginListSchema)
    def get(self) -> dict[str, Any]:
        """List the installed plugins: state, switch, settings and their origin."""
        registry, slug = dispatch.registry(), context.tenant().slug
        names = sorted({*registry.infos, *registry.manifest.plugins})
        return {"items": [describe(registry, n, slug) for n in names], "next": None}


@blueprint.route("/vault/plugins/<name>")
class Plugin(ModelAPIView):
    """One plugin in this tenant."""

    @requires("plugins.read")
    @blueprint.response(200, PluginSchema)
    def get(self, name: str) -> dict[str, Any]:
        """Show a plugin."""
        return describe(dispatch.registry(), _known(name), context.tenant().slug)

    @requires("plugins.manage")
    @blueprint.arguments(SwitchSchema)
    @blueprint.response(200, PluginSchema)
    def put(self, wanted: dict[str, Any], name: str) -> dict[str, Any]:
        """Switch a plugin on or off for this tenant, or change its settings.

        It holds at once, in every process within a second, and loses no data.
        """
        registry, tenant = dispatch.registry(), context.tenant()
        _known(name)
        if name not in registry.manifest.plugins:
            raise RefusedError(
                f"{name} is installed but not loaded: an operator adds it with "
                f"'archivolt plugins add {name}'."
            )
        values = _parsed(registry.infos[name], wanted.get("settings", {}))
        before = _told(name, tenant.slug)
        if "enabled" in wanted:
            switch(registry, tenant, name, wanted["enabled"], context.actor().name)
        if values:
            overrides.write(tenant.slug, name, values, context.actor().name)
        registry.catalog_changed()
        after = _told(name, tenant.slug)
        recording.note("host.plugin.update", name, before, after, kind="host.plugin")
        _catch_up(registry, name, tenant.slug)
        return describe(registry, name, tenant.slug)


def _told(name: str, slug: str) -> dict[str, Any]:
    """Return a plugin's switch and settings for the journal; secrets are masked."""
    registry = dispatch.registry()
    info, set_here = registry.infos[name], registry.overrides.settings(slug, name)
    told: dict[str, Any] = {"enabled": name in registry.wanted(slug)}
    return told | {
        key: display(info.settings[key], value)
        for key, value in set_here.items()
        if key in info.settings
    }


def _catch_up(registry: Registry, name: str, slug: str) -> None:
    """Have a plugin that is behind catch up; should this be lost, the sweep does it."""
    if name in registry.overrides.catching_up(slug):
        resync = jobs().get("host.resync")
        bus.enqueue(resync, plugin=name, unique=f"resync:{name}")


def _known(name: str) -> str:
    registry = dispatch.registry()
    if name not in registry.infos and name not in registry.manifest.plugins:
        raise NotFoundError("Plugin", name)
    return name


def _parsed(info: PluginInfo, sent: dict[str, Any]) -> dict[str, Any]:
    """Check the settings that were sent; name each that does not fit."""
    problems: dict[str, list[str]] = {}
    for key, raw in sent.items():
        setting = info.settings.get(key)
        if setting is None:
            known = ", ".join(sorted(info.settings)) or "none"
            problems[f"settings.{key}"] = [f"There is no such setting; known: {known}."]
        elif raw is not None:
            try:
                parse_sent(setting, raw)
            except SettingError as error:
                problems[f"settings.{key}"] = [str(error)]
    if problems:
        sentences = " ".join(m for found in problems.values() for m in found)
        raise InvalidError(sentences, problems)
    return {f"{overrides.SETTING}{key}": raw for key, raw in sent.items()}


def describe(registry: Registry, name: str, slug: str) -> dict[str, Any]:
    """Return a plugin as one tenant sees it."""
    info = registry.infos.get(name)
    state, reason = registry.state(name, slug)
    shown: dict[str, Any] = {
        "name": name,
        "state": state,
        "enabled": name in registry.wanted(slug),
        "reason": reason,
        "version": info.version if info else None,
    }
    if info is not None:
        shown |= {
            "title": info.name,
            "summary": info.summary,
            "required": info.required,
            "settings": _settings(registry, info, slug),
            "settings_schema": json_schema(info),
            "routes": registry.routes.get(name, []),
            "scope": info.scope,
            "distribution": info.distribution,
            "provenance": provenance.of(info.distribution),
            "grants": {k: registry.grants(name, k).shown() for k in info.grants},
            "hooks": list(_hooks(registry, name, slug)),
        }
    return shown


def _hooks(registry: Registry, plugin: str, slug: str) -> Iterator[dict[str, Any]]:
    spent = timing.spent_in(slug, plugin)
    for hook in registry.hooks_of(plugin):
        cost = spent.get(hook, timing.Spent())
        yield {"name": hook, "verb": registry.verb(hook), **asdict(cost)}


def _settings(registry: Registry, info: PluginInfo, slug: str) -> dict[str, Any]:
    changed = registry.overrides.settings(slug, info.id)
    try:
        found = effective(info, registry.manifest, slug, changed)
    except SettingError:
        return {}
    return {
        key: {
            "value": display(info.settings[key], e.value)
            if isinstance(e.value, Secret)
            else e.value,
            "origin": e.origin,
            "where": e.where,
        }
        for key, e in found.items()
    }
