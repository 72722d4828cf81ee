"""``/vault/actions``: what plugins can be asked to do, each a route of its own."""

from collections.abc import Iterator
from typing import Any

from flask import request
from marshmallow import fields

from archivolt_hookspecs.registration import Action
from archivolt_host.errors import InvalidError, SwitchedOffError
from archivolt_host.http.access import requires, signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.resources.schedules import StartedJobSchema
from archivolt_host.http.schemas import BaseSchema
from archivolt_host.jobs import bus, runnable
from archivolt_host.plugins import actions, dispatch
from archivolt_host.plugins.registry import Registry
from archivolt_host.tenants import context

blueprint = Blueprint("actions", __name__, description="What can be done by name.")

EXTERNAL = "external"


class ActionSchema(BaseSchema):
    """An action that the caller may call; ``enabled`` false answers 405."""

    name = fields.String(required=True)
    plugin = fields.String(required=True)
    summary = fields.String(required=True)
    arguments = fields.List(fields.String(), required=True)
    permission = fields.String(required=True)
    kind = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    path = fields.String(required=True)


class ActionListSchema(BaseSchema):
    """Everything of the kind."""

    items = fields.List(fields.Nested(ActionSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ResultSchema(BaseSchema):
    """What an action returned."""

    result = fields.Raw(required=True, allow_none=True)


@blueprint.route("/vault/actions")
class Actions(ModelAPIView):
    """All actions of the tenant."""

    @signed_in()
    @blueprint.response(200, ActionListSchema)
    def get(self) -> dict[str, Any]:
        """List the actions that the caller may call, by name."""
        slug = context.tenant().slug
        on = dispatch.registry().enabled(slug)
        found = sorted(callable_ones(dispatch.registry()), key=lambda p: p[1].name)
        may = [(p, a) for p, a in found if p in on and dispatch.allowed(_needs(a))]
        return {"items": [_shown(*one, slug) for one in may], "next": None}


def callable_ones(registry: Registry) -> Iterator[tuple[str, Action]]:
    """Yield the actions with a route: those that say what they take and who may."""
    for plugin, action in registry.actions.values():
        if action.schema is not None and action.permission is not None:
            yield plugin, action


def blueprints(registry: Registry) -> Iterator[tuple[str, Blueprint]]:
    """Yield the routes of each plugin's actions; who cannot switch one off is out."""
    for plugin, action in list(callable_ones(registry)):
        setting = registry.infos[plugin].settings.get(actions.DISABLED_ACTIONS)
        if setting is None or action.name not in setting.choices:
            registry.put_out(
                plugin,
                f"The action {action.name} is a route that no tenant can switch off: "
                "name it in plugin.toml, among the choices of "
                f"[settings.{actions.DISABLED_ACTIONS}].",
            )
            continue
        yield plugin, _blueprint(action)


def _blueprint(action: Action) -> Blueprint:
    own = Blueprint(_word(action), __name__, description=_summary(action))
    own.route(f"/actions/{_word(action)}")(_view(own, action))
    return own


def _view(own: Blueprint, action: Action) -> type[ModelAPIView]:
    """Return the view of one action."""
    is_external = action.kind == EXTERNAL
    body = {"content": {"application/json": {"schema": action.schema}}}

    class Call(ModelAPIView):
        __doc__ = _summary(action)

        @requires(_needs(action))
        @own.response(
            202 if is_external else 200,
            StartedJobSchema if is_external else ResultSchema,
        )
        @own.doc(
            requestBody={"required": True, **body},
            summary=_summary(action),
            tags=["actions"],
        )
        def post(self) -> Any:
            """Call the action."""
            sent = _sent(action)
            if is_external:
                return _begin(action, sent)
            return {"result": dispatch.call(action.name, **sent)}

    return Call


def _sent(action: Action) -> dict[str, Any]:
    """Return the body; an action that is switched off does not read it."""
    registry, slug = dispatch.registry(), context.tenant().slug
    plugin = registry.actions[action.name][0]
    if registry.is_switched_off(action.name, slug):
        raise SwitchedOffError(actions.switched_off(action.name, plugin))
    sent = Blueprint.ARGUMENTS_PARSER.load_json(request, None)
    if not isinstance(sent, dict):
        takes = ", ".join(action.arguments)
        raise InvalidError(f"Send a JSON object with {takes}.")
    return sent


def _begin(action: Action, sent: dict[str, Any]) -> Any:
    """Have a job do what leaves the database; nobody waits for another's server."""
    actions.checked(action, sent)
    job = bus.enqueue(runnable.act, action=action.name, sent=sent)
    return {"job": job}, 202, {"Location": f"/vault/jobs/{job}"}


def _shown(plugin: str, action: Action, slug: str) -> dict[str, Any]:
    return {
        "name": action.name,
        "plugin": plugin,
        "summary": _summary(action),
        "arguments": action.arguments,
        "permission": action.permission,
        "kind": action.kind,
        "enabled": not dispatch.registry().is_switched_off(action.name, slug),
        "path": f"/vault/actions/{_word(action)}",
    }


def _word(action: Action) -> str:
    """Return an action's name as addresses have it."""
    return action.name.replace("_", "-").replace(".", "-")


def _needs(action: Action) -> str:
    return action.permission or ""


def _summary(action: Action) -> str:
    return (action.run.__doc__ or action.name).strip().partition("\n")[0]
