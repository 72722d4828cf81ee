"""The shape of a definition as it is written, in JSON or YAML."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from archivolt_core_workflow.engine import durations, model
from archivolt_core_workflow.engine.facts import OBJECTS
from archivolt_core_workflow.engine.guards import LONGEST
from archivolt_core_workflow.engine.patterns import refused_kind
from archivolt_host.kit.api import BaseSchema

MOST_NODES, MOST_WAYS = 200, 50
NAME = validate.Regexp(
    r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z",
    error="A name begins with a letter and has letters, digits, - and _ (64 at most).",
)
#: What nodes of each kind may say, besides kind, title and transitions.
SAYS: dict[str, frozenset[str]] = {
    model.STATE: frozenset({"exclusive"}),
    model.TASK: frozenset({"assign", "quorum", "form", "due", "escalate", "exclusive"}),
    model.CHOICE: frozenset(),
    model.SPLIT: frozenset({"takes", "join"}),
    model.EACH: frozenset({"items", "count", "add", "join"}),
    model.JOIN: frozenset({"wait", "cancel"}),
    model.CALL: frozenset({"call", "given", "store"}),
    model.SUB: frozenset({"definition", "given", "store"}),
    model.END: frozenset({"terminate"}),
}


def expression(**options: Any) -> fields.String:
    """Return a field for an expression in CEL."""
    return fields.String(validate=validate.Length(1, LONGEST), **options)


def title() -> fields.String:
    """Return a field for what people read."""
    return fields.String(validate=validate.Length(1, 200))


def many(field: Any, most: int = 50) -> fields.List[Any]:
    """Return a field for a short list."""
    return fields.List(field, validate=validate.Length(1, most))


class Duration(fields.String):
    """A length of time such as 2d or 4wh."""

    def _deserialize(self, value: Any, *others: Any, **options: Any) -> str:
        text = super()._deserialize(value, *others, **options)
        try:
            durations.parse(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return text


class DeedSchema(BaseSchema):
    """An action of a plugin; values that begin with "=" are expressions."""

    call = fields.String(required=True, validate=validate.Length(1, 200))
    given = fields.Dict(keys=fields.String(), data_key="with")


class TransitionSchema(BaseSchema):
    """A way to another node."""

    to = fields.String(required=True)
    title = title()
    guard = expression()
    allow = expression()
    roles = many(fields.String(validate=NAME))
    permission = fields.String(validate=validate.Length(1, 100))
    after = Duration()
    cancels = many(fields.String(), MOST_NODES)
    actions = many(fields.Nested(DeedSchema), 10)


class AssignSchema(BaseSchema):
    """Who is to do a task; an expression comes to the name or id of a user, or some."""

    users = many(fields.String(validate=validate.Length(1, 150)), 200)
    roles = many(fields.String(validate=NAME))
    groups = many(fields.UUID())
    expression = expression()
    round_robin = fields.Boolean()

    @validates_schema
    def refuse_nobody(self, said: Any, **_: Any) -> None:
        """Refuse what assigns to nobody, or takes turns among the unknown."""
        if not said.keys() - {"round_robin"}:
            raise ValidationError("Name users, roles, groups or an expression.")
        if said.get("round_robin") and said.keys() & {"roles", "groups"}:
            raise ValidationError("Take turns among users or an expression's users.")


class QuorumSchema(BaseSchema):
    """How many distinct voters must say yes."""

    need = fields.Integer(required=True, strict=True, validate=validate.Range(1, 200))
    yes = fields.String(required=True)
    no = fields.String(required=True)
    of = fields.Integer(strict=True, validate=validate.Range(1, 200))


class EscalationSchema(BaseSchema):
    """What happens to a task that is still open after a while."""

    after = Duration(required=True)
    assign = fields.Nested(AssignSchema)
    actions = many(fields.Nested(DeedSchema), 10)


class NodeSchema(BaseSchema):
    """A node; what it may say depends on its kind."""

    kind = fields.String(required=True)
    title = title()
    to = fields.String()
    transitions = fields.Dict(
        keys=fields.String(validate=NAME),
        values=fields.Nested(TransitionSchema),
        validate=validate.Length(1, MOST_WAYS),
    )
    assign = fields.Nested(AssignSchema)
    quorum = fields.Nested(QuorumSchema)
    form = fields.Dict()
    due = Duration()
    escalate = many(fields.Nested(EscalationSchema), 10)
    exclusive = fields.String(validate=NAME)
    takes = fields.String(validate=validate.OneOf([model.ALL, model.ANY]))
    join = fields.String()
    items = expression()
    count = fields.Integer(strict=True, validate=validate.Range(1, 200))
    add = fields.Boolean()
    wait = fields.Integer(strict=True, validate=validate.Range(1, 200))
    cancel = fields.Boolean()
    call = fields.String(validate=validate.Length(1, 200))
    given = fields.Dict(keys=fields.String(), data_key="with")
    store = fields.String(validate=NAME)
    definition = fields.String(validate=NAME)
    terminate = fields.Boolean()

    @validates_schema
    def refuse_foreign(self, said: Any, **_: Any) -> None:
        """Refuse an unknown kind, and what means nothing for the kind."""
        kind = said["kind"]
        if kind not in SAYS:
            raise ValidationError(refused_kind(kind, SAYS), "kind")
        known = SAYS[kind] | {"kind", "title"}
        known |= {"to", "transitions"} if kind != model.END else set()
        if foreign := sorted(said.keys() - known):
            names = ", ".join("with" if n == "given" else n for n in foreign)
            raise ValidationError(f"A {kind} has no {names}.")
        if {"to", "transitions"} <= said.keys():
            raise ValidationError("Write either 'to' or 'transitions'.")


class BeginningSchema(BaseSchema):
    """News by which it begins by itself."""

    news = fields.String(required=True, data_key="on", validate=validate.Length(1, 100))
    object = fields.String(validate=validate.Length(1, 100))
    guard = expression()
    given = fields.Dict(keys=fields.String(), data_key="data")


class DefinitionSchema(BaseSchema):
    """A process as it is written."""

    key = fields.String(required=True, validate=NAME)
    title = fields.String(required=True, validate=validate.Length(1, 200))
    description = fields.String(validate=validate.Length(max=2000))
    object = fields.String(validate=validate.OneOf(list(OBJECTS)))
    data = fields.Dict()
    begins = many(fields.Nested(BeginningSchema), 10)
    start = fields.String(required=True)
    nodes = fields.Dict(
        required=True,
        keys=fields.String(validate=NAME),
        values=fields.Nested(NodeSchema),
        validate=validate.Length(1, MOST_NODES),
    )
