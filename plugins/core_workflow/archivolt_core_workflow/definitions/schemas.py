"""What goes in and out of the definitions API."""

from marshmallow import fields, validate

from archivolt_core_workflow.definitions.models import STATES
from archivolt_core_workflow.engine.shapes import NAME, DefinitionSchema
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, QuerySchema, Sort

__all__ = ["DefinitionSchema"]

JSON, YAML = "json", "yaml"


class DefinitionListedSchema(BaseSchema):
    """A version of a definition, without its source."""

    id = fields.UUID(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    created_by = fields.UUID(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    published_at = Moment(required=True, allow_none=True)
    published_by = fields.UUID(required=True, allow_none=True)


class DefinitionVersionSchema(DefinitionListedSchema):
    """A version of a definition."""

    source = fields.Dict(required=True)


class DefinitionQuery(ListQuery):
    """How to narrow and sort the list of definitions."""

    sort = Sort("created_at", "key", "title")
    key = fields.String(validate=NAME)
    state = fields.String(validate=validate.OneOf(STATES))
    title__contains = fields.String(validate=validate.Length(1, 200))


class SourceQuery(QuerySchema):
    """As what to write a definition."""

    format = fields.String(load_default=JSON, validate=validate.OneOf([JSON, YAML]))


class DifferingSchema(BaseSchema):
    """A running instance that could not simply go on with this version."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    why = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True
    )  # by node


class SoundnessSchema(BaseSchema):
    """What publishing would find, and which running instances would differ."""

    sound = fields.Boolean(required=True)
    problems = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), required=True
    )
    running = fields.Integer(required=True)
    differing = fields.List(fields.Nested(DifferingSchema), required=True)
