"""HTTP for the instances domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions.service import definitions
from archivolt_core_workflow.engine.model import Marking
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.instances.models import Instance
from archivolt_core_workflow.instances.schemas import (
    EventQuery,
    HappenSchema,
    HistorySchema,
    InstanceListedSchema,
    InstanceQuery,
    InstanceSchema,
    ItemsSchema,
    MigratedSchema,
    MigrationSchema,
    NewInstanceSchema,
    ReasonSchema,
    WholeInstanceSchema,
)
from archivolt_core_workflow.running import sight
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    match_if_sent,
    not_modified,
    page_of,
    requires,
)

START, WORK, DESIGN = "workflow.start", "workflow.work", "workflow.design"

blueprint = Blueprint(
    "instances",
    __name__,
    description="Processes under way, and their history.",
    url_prefix="/workflow",
)


def _shown(instance: Instance, status: int = 200) -> tuple[Any, int, Any]:
    """Return an instance as the API shows it, with the places where it stands."""
    seen = sight.veiled_one(instance)
    place = {"Location": f"/vault/workflow/instances/{instance.id}"}
    sent = _tagged(instance, seen) | (place if status == 201 else {})
    return _with_places(seen), status, sent


def _with_places(seen: Instance) -> dict[str, Any]:
    marking = Marking.load(seen.marking)
    return {**seen._asdict(), "tokens": marking.tokens}  # type: ignore[attr-defined]


def _tagged(instance: Instance, seen: Instance) -> dict[str, str]:
    """Return the ETag, but not of what is veiled: others see more of that version."""
    return headers(instance) if seen is instance else {}


@blueprint.route("/instances")
class Instances(ModelAPIView):
    """Processes under way."""

    @requires(WORK)
    @blueprint.arguments(InstanceQuery, location="query")
    @blueprint.response(200, page_of(InstanceListedSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List the instances that one started or works on; overseers see all.

        ``stuck=true`` are those in which time could not go on.
        """
        return answer(logic.listed(Page.of(query), query))

    @requires(START)
    @blueprint.arguments(NewInstanceSchema)
    @blueprint.response(201, InstanceSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Start the published version of a definition."""
        return _shown(logic.start(**values), 201)


@blueprint.route("/instances/<uuid:id>")
class OneInstance(ModelAPIView):
    """One instance."""

    @requires(WORK)
    @blueprint.response(200, WholeInstanceSchema)
    def get(self, id: UUID) -> Any:
        """Show an instance, where it stands, and what is stuck in it."""
        instance = logic.get(id)
        seen = sight.veiled_one(instance)
        if seen is instance and (same := not_modified(instance)):
            return same
        shown = {**_with_places(seen), "stuck": logic.stuck(seen)}
        return shown, 200, _tagged(instance, seen)


@blueprint.route("/instances/<uuid:id>/history")
class History(ModelAPIView):
    """The whole story of an instance."""

    @requires(WORK)
    @blueprint.arguments(EventQuery, location="query")
    @blueprint.response(200, page_of(HistorySchema))
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """List what happened, who did it, and on whose behalf."""
        return answer(logic.history(id, Page.of(query)))


@blueprint.route("/instances/<uuid:id>/events")
class Events(ModelAPIView):
    """What happens to an instance."""

    @requires(WORK)
    @blueprint.arguments(HappenSchema)
    @blueprint.response(200, InstanceSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Let an event happen: the instance goes a way out of a state."""
        match_if_sent(logic.get(id))
        name = values.pop("event")
        return _shown(logic.happen(id, name, **values))


@blueprint.route("/instances/<uuid:id>/items")
class Items(ModelAPIView):
    """Further items of a running ``each``."""

    @requires(WORK)
    @blueprint.arguments(ItemsSchema)
    @blueprint.response(200, InstanceSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Add items while the others are worked on."""
        match_if_sent(logic.get(id))
        return _shown(logic.add(id, values["node"], values["items"]))


@blueprint.route("/instances/<uuid:id>/cancel")
class Cancel(ModelAPIView):
    """The end of an instance before its end."""

    @requires(WORK)
    @blueprint.arguments(ReasonSchema)
    @blueprint.response(200, InstanceSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Cancel an instance with all its tasks and timers."""
        match_if_sent(logic.get(id))
        return _shown(logic.cancel(id, **values))


@blueprint.route("/instances/<uuid:id>/retry")
class Retry(ModelAPIView):
    """Another attempt at what is stuck."""

    @requires(WORK)
    @blueprint.arguments(ReasonSchema)
    @blueprint.response(200, InstanceSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Have stuck timers tried again at once: mend first what they say."""
        match_if_sent(logic.get(id))
        return _shown(logic.retry(id, **values))


@blueprint.route("/definitions/<uuid:id>/migration")
class Migration(ModelAPIView):
    """The way of running instances to this version."""

    @requires(DESIGN)
    @blueprint.arguments(MigrationSchema)
    @blueprint.response(200, MigratedSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Move running instances to this version; ``dry_run`` only tells."""
        moves = logic.migrate(
            definitions.get(id),
            values["nodes"],
            ids=values["instances"],
            dry_run=values["dry_run"],
        )
        shown = [
            {
                "id": move.instance.id,
                "title": sight.veiled_one(move.instance).title,
                "nodes": move.nodes,
                "problems": move.problems,
            }
            for move in moves
        ]
        return {"done": not values["dry_run"], "moves": shown}
