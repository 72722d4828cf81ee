"""What goes in and out of the tasks API."""

from marshmallow import fields, validate

from archivolt_core_workflow.tasks.models import STATES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, QuerySchema, Sort

COMMENT = validate.Length(1, 2000)
DECISION = validate.Length(1, 64)
MINE, SHARED, ALL = "mine", "shared", "all"


class TaskSchema(BaseSchema):
    """Something for somebody to do."""

    id = fields.UUID(required=True)
    instance_id = fields.UUID(required=True)
    key = fields.String(required=True)
    node = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    subjects = fields.List(fields.String(), required=True)
    assignee = fields.UUID(required=True, allow_none=True)
    about = fields.String(required=True)
    object_id = fields.UUID(required=True, allow_none=True)
    created_at = Moment(required=True)
    due_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    ended_by = fields.UUID(required=True, allow_none=True)
    decision = fields.String(required=True, allow_none=True)


class ChoiceSchema(BaseSchema):
    """A way that a task can be decided for."""

    name = fields.String(required=True)
    title = fields.String(required=True)


class VoteSchema(BaseSchema):
    """A vote on a task."""

    voter = fields.UUID(required=True)
    for_whom = fields.UUID(required=True)
    way = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)


class WholeTaskSchema(TaskSchema):
    """A task with all that is needed to decide on it."""

    choices = fields.List(fields.Nested(ChoiceSchema), required=True)
    form = fields.Dict(required=True, allow_none=True)
    data = fields.Dict(required=True)
    votes = fields.List(fields.Nested(VoteSchema), required=True, attribute="given")


class InboxQuery(ListQuery):
    """What to show of an inbox; the most urgent comes first."""

    sort = Sort("due_at", default="due_at")
    show = fields.String(load_default=ALL, validate=validate.OneOf([MINE, SHARED, ALL]))
    overdue = fields.Boolean(load_default=False)
    count = fields.Boolean(load_default=False, validate=validate.Equal(False))


class DecisionSchema(BaseSchema):
    """A decision, why, and the form filled in."""

    decision = fields.String(required=True, validate=DECISION)
    comment = fields.String(validate=COMMENT)
    data = fields.Dict()


class OneOfManySchema(DecisionSchema):
    """A decision on one of many tasks."""

    task_id = fields.UUID(required=True)


class ManyDecisionsSchema(BaseSchema):
    """Decisions on many tasks at once."""

    decisions = fields.List(
        fields.Nested(OneOfManySchema), required=True, validate=validate.Length(1, 100)
    )


class DecidedSchema(BaseSchema):
    """What became of one of many decisions."""

    task_id = fields.UUID(required=True)
    decided = fields.Boolean(required=True)
    problem = fields.String(required=True, allow_none=True)


class ManyDecidedSchema(BaseSchema):
    """What became of many decisions, in their order."""

    results = fields.List(fields.Nested(DecidedSchema), required=True)


class ReassignSchema(BaseSchema):
    """Who is to do it instead."""

    user_id = fields.UUID(required=True)


class FiguresQuery(QuerySchema):
    """How far to look back."""

    days = fields.Integer(load_default=30, validate=validate.Range(1, 3660))


class NodeFiguresSchema(BaseSchema):
    """How one kind of task went; seconds from its opening to the decision."""

    node = fields.String(required=True)
    done = fields.Integer(required=True)
    late = fields.Integer(required=True)
    on_time = fields.Float(required=True)
    median = fields.Float(required=True)
    p90 = fields.Float(required=True)


class FiguresSchema(BaseSchema):
    """How the tasks of a definition went."""

    key = fields.String(required=True)
    days = fields.Integer(required=True)
    nodes = fields.List(fields.Nested(NodeFiguresSchema), required=True)
