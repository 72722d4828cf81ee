"""What goes in and out of the instances API."""

from marshmallow import fields, validate

from archivolt_core_workflow.engine.shapes import NAME
from archivolt_core_workflow.instances.models import STATES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

COMMENT = validate.Length(1, 2000)
EVENT = validate.Length(1, 64)


class PlaceSchema(BaseSchema):
    """A place where an instance stands."""

    id = fields.Integer(required=True)
    node = fields.String(required=True)
    status = fields.String(required=True)
    item = fields.Raw(required=True, allow_none=True)


class InstanceListedSchema(BaseSchema):
    """A process under way, or one that has ended."""

    id = fields.UUID(required=True)
    definition_id = fields.UUID(required=True)
    key = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    outcome = fields.String(required=True, allow_none=True)
    about = fields.String(required=True)
    object_id = fields.UUID(required=True, allow_none=True)
    created_by = fields.UUID(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    parent_id = fields.UUID(required=True, allow_none=True)
    news = fields.String(required=True, allow_none=True)
    news_position = fields.Integer(required=True, allow_none=True)


class InstanceSchema(InstanceListedSchema):
    """An instance: where it stands, and what it knows."""

    data = fields.Dict(required=True)
    tokens = fields.List(fields.Nested(PlaceSchema), required=True)


class StuckSchema(BaseSchema):
    """Something that time was to do, and could not; ``advice`` says what helps."""

    node = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    attempts = fields.Integer(required=True)
    problem = fields.String(required=True)
    advice = fields.String(required=True)


class WholeInstanceSchema(InstanceSchema):
    """An instance with what is stuck in it."""

    stuck = fields.List(fields.Nested(StuckSchema), required=True)


class NewInstanceSchema(BaseSchema):
    """A process to be started."""

    definition = fields.String(required=True, validate=NAME)
    title = fields.String(validate=validate.Length(1, 255))
    object_id = fields.UUID(allow_none=True)
    data = fields.Dict()


class InstanceQuery(ListQuery):
    """How to narrow and sort the list of instances."""

    sort = Sort("created_at", "updated_at")
    state = fields.String(validate=validate.OneOf(STATES))
    key = fields.String(validate=NAME)
    object_id = fields.UUID()
    created_by = fields.UUID()
    parent_id = fields.UUID()
    stuck = fields.Boolean()


class HappenSchema(BaseSchema):
    """An event at a state; ``token`` where several branches wait for it."""

    event = fields.String(required=True, validate=EVENT)
    comment = fields.String(validate=COMMENT)
    token = fields.Integer(strict=True)


class ReasonSchema(BaseSchema):
    """Why something is done."""

    comment = fields.String(validate=COMMENT)


class ItemsSchema(BaseSchema):
    """Further items for a running ``each``."""

    node = fields.String(required=True, validate=NAME)
    items = fields.List(
        fields.Raw(allow_none=True), required=True, validate=validate.Length(1, 100)
    )


class HistorySchema(BaseSchema):
    """One line of an instance's history."""

    number = fields.Integer(required=True)
    name = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    target = fields.String(required=True, allow_none=True)
    actor = fields.UUID(required=True)
    on_behalf_of = fields.UUID(required=True, allow_none=True)
    comment = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)


class EventQuery(ListQuery):
    """How to page through a history."""

    sort = Sort("number", default="number")


class MigrationSchema(BaseSchema):
    """Where tokens of other versions go: to the node of the same name, if not said."""

    nodes = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    instances = fields.List(
        fields.UUID(), allow_none=True, load_default=None, validate=validate.Length(1)
    )
    dry_run = fields.Boolean(load_default=False)


class MoveSchema(BaseSchema):
    """What becomes of one instance."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    nodes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    problems = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class MigratedSchema(BaseSchema):
    """What a migration did, or would do."""

    done = fields.Boolean(required=True)
    moves = fields.List(fields.Nested(MoveSchema), required=True)
