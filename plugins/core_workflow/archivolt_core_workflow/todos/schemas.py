"""What goes in and out of the to-do API."""

from marshmallow import fields, validate

from archivolt_core_workflow.tasks.models import STATES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

TITLE = validate.Length(1, 255)


class NewTaskSchema(BaseSchema):
    """Something to be done; by oneself, where nobody is named."""

    title = fields.String(required=True, validate=TITLE)
    assignee = fields.UUID(load_default=None, allow_none=True)
    due_at = Moment(load_default=None, allow_none=True)


class TaskChangeSchema(BaseSchema):
    """What its maker may change; null takes the date away."""

    title = fields.String(validate=TITLE)
    due_at = Moment(allow_none=True)


class TaskQuery(ListQuery):
    """How to narrow and sort the list of tasks."""

    sort = Sort("created_at")
    state = fields.String(validate=validate.OneOf(STATES))
    assignee = fields.UUID()
    key = fields.String(validate=validate.Length(1, 64))
