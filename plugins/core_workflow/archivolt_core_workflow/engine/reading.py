"""Reads a definition: shape, expressions, forms; what is wrong is said by its place."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from archivolt_core_workflow.engine import durations, forms
from archivolt_core_workflow.engine.facts import facts_for, news_facts_for
from archivolt_core_workflow.engine.guards import Expr, ExpressionError, Facts, Value
from archivolt_core_workflow.engine.model import (
    ALL,
    NEXT,
    Assignment,
    Beginning,
    Deed,
    Definition,
    Escalation,
    Node,
    Quorum,
    Span,
    Transition,
)
from archivolt_core_workflow.engine.shapes import DefinitionSchema
from archivolt_host.kit.errors import InvalidError

SHAPE = DefinitionSchema()
Problems = dict[str, list[str]]


def read(source: Any) -> Definition:
    """Return the definition, or raise InvalidError that names every mistake."""
    reader = _Reader(shaped(source))
    definition = reader.definition()
    if reader.problems:
        raise refused(reader.problems)
    return definition


def shaped(source: Any) -> dict[str, Any]:
    """Return the source if its shape is right."""
    try:
        found: dict[str, Any] = SHAPE.load(source)
    except ValidationError as error:
        raise refused(flat(error.messages)) from error
    return found


def refused(problems: Mapping[str, list[str]]) -> InvalidError:
    """Return the error for these mistakes."""
    place, said = next(iter(problems.items()))
    more = len(problems) - 1
    rest = f" And {more} more." if more else ""
    return InvalidError(
        f"The definition cannot be used. {place}: {said[0]}{rest}", problems
    )


def flat(messages: Any, place: str = "") -> Problems:
    """Return nested complaints by their place: ``nodes.review.due``."""
    if isinstance(messages, Mapping):
        found: Problems = {}
        for key, inner in messages.items():
            here = str(key) if key not in ("value", "_schema") else ""
            path = ".".join(filter(None, (place, here)))
            found |= flat(inner, path)
        return found
    return {place or "definition": [str(one) for one in messages]}


class _Reader:
    """One definition being read; it goes on after a mistake, to find them all."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.about = said.get("object", "none")
        self.problems: Problems = {}
        self.schema = said.get("data", {})
        self._schema("data", self.schema)
        known = self.schema if "data" not in self.problems else {}
        self.facts: Facts = facts_for(self.about, known)
        self.news: Facts = news_facts_for(self.about)

    def definition(self) -> Definition:
        said = self.said
        nodes = {n: self._node(n, node) for n, node in said["nodes"].items()}
        return Definition(
            said["key"],
            said["title"],
            said["start"],
            nodes,
            self.about,
            self.schema,
            tuple(
                self._beginning(f"begins.{n}", one)
                for n, one in enumerate(said.get("begins", ()))
            ),
        )

    def _beginning(self, place: str, said: Mapping[str, Any]) -> Beginning:
        guard, compile_one = said.get("guard"), self.news.compile
        return Beginning(
            said["news"],
            said.get("object"),
            self._compiled(f"{place}.guard", guard, self.news.condition),
            self._values(f"{place}.data", said.get("given", {}), compile_one),
        )

    def _node(self, name: str, said: Mapping[str, Any]) -> Node:
        place = f"nodes.{name}"
        ways = said.get("transitions", {})
        if "to" in said:
            ways = {NEXT: {"to": said["to"]}}
        if "form" in said:
            self._schema(f"{place}.form", said["form"])
        return Node(
            name,
            said["kind"],
            said.get("title", name),
            tuple(self._way(place, name, way, ways[way]) for way in ways),
            assign=self._assign(place, said),
            quorum=Quorum(**said["quorum"]) if "quorum" in said else None,
            form=said.get("form"),
            due=_span(said.get("due")),
            escalate=tuple(
                self._escalation(f"{place}.escalate.{n}", one)
                for n, one in enumerate(said.get("escalate", ()))
            ),
            exclusive=said.get("exclusive"),
            takes=said.get("takes", ALL),
            join=said.get("join"),
            items=self._expression(f"{place}.items", said.get("items")),
            count=said.get("count"),
            add=said.get("add", False),
            wait=said.get("wait"),
            cancel=said.get("cancel", False),
            deed=self._deed(place, said) if "call" in said else None,
            store=said.get("store"),
            definition=said.get("definition"),
            given=self._given(place, said),
            terminate=said.get("terminate", False),
        )

    def _way(
        self, place: str, source: str, name: str, said: Mapping[str, Any]
    ) -> Transition:
        here = f"{place}.transitions.{name}"
        return Transition(
            name,
            source,
            said["to"],
            said.get("title", name),
            self._condition(f"{here}.guard", said.get("guard")),
            self._condition(f"{here}.allow", said.get("allow")),
            frozenset(said.get("roles", ())),
            said.get("permission"),
            _span(said.get("after")),
            tuple(said.get("cancels", ())),
            self._deeds(here, said),
        )

    def _assign(self, place: str, said: Mapping[str, Any]) -> Assignment | None:
        found = said.get("assign")
        if found is None:
            return None
        return Assignment(
            tuple(found.get("users", ())),
            tuple(found.get("roles", ())),
            tuple(str(group) for group in found.get("groups", ())),
            self._expression(f"{place}.assign", found.get("expression")),
            found.get("round_robin", False),
        )

    def _escalation(self, place: str, said: Mapping[str, Any]) -> Escalation:
        return Escalation(
            durations.parse(said["after"]),
            self._assign(place, said),
            self._deeds(place, said),
        )

    def _deeds(self, place: str, said: Mapping[str, Any]) -> tuple[Deed, ...]:
        found = enumerate(said.get("actions", ()))
        return tuple(self._deed(f"{place}.actions.{n}", one) for n, one in found)

    def _deed(self, place: str, said: Mapping[str, Any]) -> Deed:
        return Deed(said["call"], self._given(place, said))

    def _given(self, place: str, said: Mapping[str, Any]) -> dict[str, Value]:
        given = said.get("given", {})
        return self._values(f"{place}.with", given, self.facts.compile)

    def _values(
        self, place: str, given: Mapping[str, Any], compile_one: Callable[[str], Expr]
    ) -> dict[str, Value]:
        """Return values; text that begins with "=" becomes an expression."""
        return {
            name: self._compiled(f"{place}.{name}", value[1:], compile_one)
            if isinstance(value, str) and value.startswith("=")
            else value
            for name, value in given.items()
        }

    def _condition(self, place: str, text: str | None) -> Expr | None:
        return self._compiled(place, text, self.facts.condition)

    def _expression(self, place: str, text: str | None) -> Expr | None:
        return self._compiled(place, text, self.facts.compile)

    def _compiled(
        self, place: str, text: str | None, compile_one: Callable[[str], Expr]
    ) -> Expr | None:
        if text is None:
            return None
        try:
            return compile_one(text)
        except ExpressionError as error:
            self.problems[place] = [str(error)]
            return None

    def _schema(self, place: str, schema: Any) -> None:
        if problem := forms.unusable(schema):
            self.problems[place] = [problem]


def _span(text: str | None) -> Span | None:
    return None if text is None else durations.parse(text)
