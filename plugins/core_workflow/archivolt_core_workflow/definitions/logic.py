"""The rules of the definitions domain. Knows no SQL and no HTTP."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions.models import (
    DRAFT,
    PUBLISHED,
    RETIRED,
    DefinitionVersion,
)
from archivolt_core_workflow.definitions.service import definitions, triggers
from archivolt_core_workflow.engine import reading, soundness
from archivolt_core_workflow.engine.builtin import TO_DO, TO_DO_SOURCE
from archivolt_core_workflow.engine.facts import news_facts_for
from archivolt_core_workflow.engine.guards import Expr, ExpressionError
from archivolt_core_workflow.engine.model import (
    CALL,
    SUB,
    Beginning,
    Deed,
    Definition,
    Node,
)
from archivolt_core_workflow.engine.patterns import refusal
from archivolt_host.kit import hooks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import SYSTEM, actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import (
    DeniedError,
    InvalidError,
    NotFoundError,
    RefusedError,
    UnprocessableError,
)

Problems = dict[str, list[str]]
#: The types of facts for the types that arguments of news have; ids are text.
NEWS_TYPES = {UUID: "string", str: "string", int: "int", float: "double", bool: "bool"}


class UnsoundError(UnprocessableError):
    """A definition that would not work; ``errors`` says what is wrong, by place."""

    code = "unsound"

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        place, said = next(iter(problems.items()))
        super().__init__(f"The definition would not work. {place}: {said[0]}")
        self.errors = problems


@lru_cache(maxsize=1000)
def compiled(id: UUID) -> Definition:
    """Return a published definition, ready to run: its source never changes."""
    return reading.read(definitions.get(id).source)


def published(key: str) -> DefinitionVersion:
    """Return the version in use, or raise NotFoundError."""
    found = definitions.published(key)
    if found is None:
        raise NotFoundError("Published definition", key)
    return found


def to_do() -> DefinitionVersion:
    """Return the definition of tasks that stand for themselves, made when needed."""
    if definitions.published(TO_DO) is None:
        definitions.create_once(
            key=TO_DO,
            version=1,
            title=TO_DO_SOURCE["title"],
            state=PUBLISHED,
            source=TO_DO_SOURCE,
            created_by=SYSTEM,
            published_at=now(),
            published_by=SYSTEM,
        )
    return published(TO_DO)


def save(source: Any) -> DefinitionVersion:
    """Keep a source as the draft of its key; there is one for each key."""
    said = reading.shaped(source)
    if said["key"] == TO_DO:
        raise InvalidError(
            f"{TO_DO} comes with the product: choose another key.",
            {"key": ["It is taken."]},
        )
    standing = definitions.draft(said["key"])
    if standing is not None:
        return definitions.update(
            standing, source=source, title=said["title"], updated_at=now()
        )
    return definitions.create(
        key=said["key"],
        version=definitions.next_version(said["key"]),
        title=said["title"],
        source=source,
        created_by=actor().id,
    )


def change(row: DefinitionVersion, source: Any) -> DefinitionVersion:
    """Write a draft anew; its key stays."""
    _refuse_published(row)
    said = reading.shaped(source)
    if said["key"] != row.key:
        raise InvalidError(
            f"The key stays {row.key}: another key is another definition.",
            {"key": ["It cannot be changed."]},
        )
    return definitions.update(row, source=source, title=said["title"], updated_at=now())


def discard(row: DefinitionVersion) -> None:
    """Delete a draft."""
    _refuse_published(row)
    definitions.delete(row)


def _refuse_published(row: DefinitionVersion) -> None:
    if row.state != DRAFT:
        raise RefusedError(
            f"Version {row.version} is {row.state} and never changes: save a new draft."
        )


def problems(row: DefinitionVersion) -> Problems:
    """Return everything that stands against publishing, by its place."""
    try:
        definition = reading.read(row.source)
    except InvalidError as error:
        return {place: list(said) for place, said in (error.errors or {}).items()}
    found = soundness.problems(definition)
    for place, sentence in _outside(definition):
        found.setdefault(place, []).append(sentence)
    return found


def publish(row: DefinitionVersion) -> DefinitionVersion:
    """Put a draft into use; running instances stay with the version they began with."""
    _refuse_published(row)
    if found := problems(row):
        raise UnsoundError(found)
    definition = reading.read(row.source)
    for _, deed in _deeds(definition):
        action = hooks.action_or_none(deed.name)
        needed = action.permission if action is not None else None
        if needed is not None and not allowed(needed):
            raise DeniedError(
                f"The definition calls {deed.name}: to publish it you need the "
                f"permission {needed} yourself."
            )
    standing = definitions.published(row.key)
    if standing is not None:
        definitions.update(standing, state=RETIRED)
        triggers.set(standing.id, ())
    triggers.set(row.id, sorted({one.news for one in definition.begins}))
    return definitions.update(
        row, state=PUBLISHED, published_at=now(), published_by=actor().id
    )


def _outside(definition: Definition) -> Iterator[tuple[str, str]]:
    """Check what the definition needs of others: actions, definitions, people."""
    for node in definition.nodes.values():
        place = f"nodes.{node.name}"
        called = node.definition if node.kind == SUB else None
        if called and (sentence := _wrong_sub(definition.key, called)):
            yield f"{place}.definition", sentence
        for name in node.assign.users if node.assign else ():
            if hooks.first("find_actor", who=name) is None:
                yield f"{place}.assign.users", f"There is no user {name}."
    for number, beginning in enumerate(definition.begins):
        yield from _wrong_beginning(f"begins.{number}", beginning, definition.about)
    for place, deed in _deeds(definition):
        if sentence := _wrong_deed(deed, is_node=place.count(".") == 1):
            yield place, sentence


def _deeds(definition: Definition) -> Iterator[tuple[str, Deed]]:
    for node in definition.nodes.values():
        place = f"nodes.{node.name}"
        if node.kind == CALL and node.deed is not None:
            yield place, node.deed
        for way in node.transitions:
            yield from ((f"{place}.transitions.{way.name}", d) for d in way.deeds)
        for number, escalation in enumerate(node.escalate):
            yield from ((f"{place}.escalate.{number}", d) for d in escalation.deeds)


def _wrong_deed(deed: Deed, *, is_node: bool) -> str | None:
    action = hooks.action_or_none(deed.name)
    if action is None:
        return f"There is no action {deed.name} here."
    if not action.offered:
        return f"{deed.name} is not offered to definitions."
    later = [name for name, said in deed.given.items() if isinstance(said, Expr)]
    sent = {name: said for name, said in deed.given.items() if name not in later}
    if wrong := hooks.argument_problems(action, sent, later):
        said = (f"{name}: {' '.join(found)}" for name, found in wrong.items())
        return f"{deed.name} cannot be called like this: {' '.join(said)}"
    if action.kind == "external" and not is_node:
        return f"{deed.name} leaves the database: give it a node of its own."
    return None


def _wrong_beginning(
    place: str, beginning: Beginning, about: str
) -> Iterator[tuple[str, str]]:
    """Check the news, and what is said of its arguments."""
    found = hooks.news_or_none(beginning.news)
    if found is None:
        yield f"{place}.on", f"No plugin here tells {beginning.news}."
        return
    kinds = {name: NEWS_TYPES.get(kind, "any") for name, kind in found.items()}
    ids = ", ".join(name for name, kind in found.items() if kind is UUID)
    if about == "none" and beginning.object is not None:
        yield f"{place}.object", "The definition is about nothing: leave it out."
    elif about != "none" and found.get(beginning.object or "") is not UUID:
        yield f"{place}.object", f"Say which id is that of the {about}: one of {ids}."
    facts = news_facts_for(about, kinds)
    said = {"guard": beginning.guard}
    said |= {f"data.{name}": value for name, value in beginning.given.items()}
    for name, expr in said.items():
        if isinstance(expr, Expr):
            try:
                facts.compile(expr.text)
            except ExpressionError as error:
                yield f"{place}.{name}", str(error)


def _wrong_sub(own: str, key: str) -> str | None:
    """Return why a definition cannot be run inside another, or None."""
    line, met = [key], {own}
    while line:
        name = line.pop()
        if name == own:
            return refusal(22)
        found = definitions.published(name)
        if found is None:
            return f"No definition {name} is published."
        met.add(name)
        called = _subs(compiled(found.id).nodes)
        line += [key for key in called if key == own or key not in met]
    return None


def _subs(nodes: Mapping[str, Node]) -> list[str]:
    return [n.definition for n in nodes.values() if n.kind == SUB and n.definition]
