"""HTTP for the tasks domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions.service import definitions
from archivolt_core_workflow.running import sight
from archivolt_core_workflow.tasks import logic
from archivolt_core_workflow.tasks.models import Task
from archivolt_core_workflow.tasks.schemas import (
    DecisionSchema,
    FiguresQuery,
    FiguresSchema,
    InboxQuery,
    ManyDecidedSchema,
    ManyDecisionsSchema,
    ReassignSchema,
    TaskSchema,
    WholeTaskSchema,
)
from archivolt_core_workflow.todos import logic as todos
from archivolt_core_workflow.todos.schemas import (
    NewTaskSchema,
    TaskChangeSchema,
    TaskQuery,
)
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    match_if_sent,
    not_modified,
    page_of,
    require_match,
    requires,
)

WORK, OVERSEE = "workflow.work", "workflow.oversee"

blueprint = Blueprint("tasks", __name__, description="What there is to do.")


def _shown(task: Task) -> tuple[Task, int, dict[str, str]]:
    seen = sight.veiled_one(task)
    return seen, 200, headers(task) if seen is task else {}


@blueprint.route("/inbox")
class Inbox(ModelAPIView):
    """What one has to do."""

    @requires(WORK)
    @blueprint.arguments(InboxQuery, location="query")
    @blueprint.response(200, page_of(TaskSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List one's open tasks, the most urgent first.

        ``show=mine`` are those for oneself and for whom one stands in, ``shared``
        those of one's roles and groups; ``overdue=true`` narrows to what is late.
        """
        page = Page.of(query)
        return answer(logic.inbox(page, query["show"], overdue=query["overdue"]))


@blueprint.route("/inbox/decide")
class DecideMany(ModelAPIView):
    """Decisions on many tasks."""

    @requires(WORK)
    @blueprint.arguments(ManyDecisionsSchema)
    @blueprint.response(200, ManyDecidedSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Decide on many tasks; each by itself, whatever becomes of the others."""
        return {"results": [logic.decide_one(**one) for one in values["decisions"]]}


@blueprint.route("/tasks")
class Tasks(ModelAPIView):
    """Tasks, of workflows and for themselves."""

    @requires(WORK)
    @blueprint.arguments(TaskQuery, location="query")
    @blueprint.response(200, page_of(TaskSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List the tasks that one has, did or gave; overseers see all."""
        return answer(todos.listed(Page.of(query), query))

    @requires(WORK)
    @blueprint.arguments(NewTaskSchema)
    @blueprint.response(201, TaskSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Give somebody, or oneself, something to do."""
        task = todos.create(**values)
        place = {"Location": f"/vault/tasks/{task.id}"}
        return task, 201, {**headers(task), **place}


@blueprint.route("/tasks/<uuid:id>")
class OneTask(ModelAPIView):
    """One task."""

    @requires(WORK)
    @blueprint.response(200, WholeTaskSchema)
    def get(self, id: UUID) -> Any:
        """Show a task: its choices, its form, the votes so far."""
        task = logic.get(id)
        seen, status, sent = _shown(task)
        same = not_modified(task) if sent else None  # others see more of what is veiled
        return same or (logic.whole(seen), status, sent)

    @requires(WORK)
    @blueprint.arguments(TaskChangeSchema)
    @blueprint.response(200, TaskSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Change a task that belongs to no workflow. Needs ``If-Match``."""
        task = logic.get(id)
        require_match(task)
        return _shown(todos.change(task, values))

    @requires(WORK)
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Take back a task that belongs to no workflow. Needs ``If-Match``."""
        task = logic.get(id)
        require_match(task)
        todos.discard(task)


@blueprint.route("/tasks/<uuid:id>/claim")
class Claim(ModelAPIView):
    """Taking a task."""

    @requires(WORK)
    @blueprint.response(200, TaskSchema)
    def post(self, id: UUID) -> Any:
        """Claim a task, so that nobody else does it."""
        match_if_sent(logic.get(id))
        return _shown(logic.claim(id))


@blueprint.route("/tasks/<uuid:id>/release")
class Release(ModelAPIView):
    """Giving a task back."""

    @requires(WORK)
    @blueprint.response(200, TaskSchema)
    def post(self, id: UUID) -> Any:
        """Release a claimed task to all who may do it."""
        match_if_sent(logic.get(id))
        return _shown(logic.release(id))


@blueprint.route("/tasks/<uuid:id>/reassign")
class Reassign(ModelAPIView):
    """Giving a task to somebody."""

    @requires(WORK)
    @blueprint.arguments(ReassignSchema)
    @blueprint.response(200, TaskSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Let somebody else do a task."""
        match_if_sent(logic.get(id))
        return _shown(logic.reassign(id, **values))


@blueprint.route("/tasks/<uuid:id>/decide")
class Decide(ModelAPIView):
    """The end of a task."""

    @requires(WORK)
    @blueprint.arguments(DecisionSchema)
    @blueprint.response(200, TaskSchema)
    def post(self, values: dict[str, Any], id: UUID) -> Any:
        """Decide on a task, or vote on it where several decide together."""
        match_if_sent(logic.get(id))
        decision = values.pop("decision")
        return _shown(logic.decide(id, decision, **values))


@blueprint.route("/workflow/definitions/<uuid:id>/figures")
class Figures(ModelAPIView):
    """How long things take."""

    @requires(OVERSEE)
    @blueprint.arguments(FiguresQuery, location="query")
    @blueprint.response(200, FiguresSchema)
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """Tell how many tasks of a definition were done, how fast, how many late."""
        key, days = definitions.get(id).key, query["days"]
        return {"key": key, "days": days, "nodes": logic.figures(key, days)}
