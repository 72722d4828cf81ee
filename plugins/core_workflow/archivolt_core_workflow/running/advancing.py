"""One event in one instance: tokens move, and what follows happens with them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine import firing
from archivolt_core_workflow.engine.firing import Step
from archivolt_core_workflow.engine.model import (
    AT,
    CALL,
    FAILED,
    NEXT,
    SUB,
    TASK,
    Deed,
    Definition,
    Marking,
    Node,
    Token,
    Transition,
)
from archivolt_core_workflow.instances.models import CANCELLED, ENDED, RUNNING, Instance
from archivolt_core_workflow.instances.service import instances
from archivolt_core_workflow.running import deeds, history, opening
from archivolt_core_workflow.running.facts import data_facts, facts_of
from archivolt_core_workflow.running.generations import after_its_news
from archivolt_host.kit import hooks
from archivolt_host.kit.context import actor, news_before
from archivolt_host.kit.db import now, uuid7
from archivolt_host.kit.errors import ArchivoltError, RefusedError

MOST_AUTOMATIC = 100
DEEPEST = 8
LONGEST = 2000  # characters of a comment


class Run:
    """An instance while something happens to it; ``store`` writes it back, once."""

    def __init__(
        self,
        instance: Instance,
        definition: Definition,
        on_behalf_of: UUID | None = None,
        comment: str | None = None,
    ) -> None:
        self.instance, self.definition = instance, definition
        self.on_behalf_of, self.comment = on_behalf_of, comment
        self.marking = Marking.load(instance.marking)
        self.data: dict[str, Any] = dict(instance.data)
        self.state, self.outcome = instance.state, instance.outcome
        self.number = instance.events
        self.facts = facts_of(definition, instance, self.marking)
        #: Whether whoever acts may see what it is about.
        self.sees = instance.object_id is None or bool(self.facts["object.id"])
        self._automatic: list[Token] = []
        self._passed = 0

    @after_its_news
    def begin(self, why: str | None = None) -> None:
        """Put the first token on the start."""
        self.comment = why
        self.note("start", None, self.definition.start)
        self.comment = None
        self._carry_out(firing.begin(self.definition, self.facts))
        self._go_on()

    @after_its_news
    def fire(self, token: int, way: str) -> None:
        """Move a token along a way, and go on until all is at rest."""
        step = firing.fire(self.definition, self.marking, token, way, self.facts)
        self._carry_out(step)
        self._go_on()

    @after_its_news
    def add(self, split: str, items: list[Any]) -> None:
        """Give a running ``each`` further items."""
        self.note("add", split, split)
        self._carry_out(firing.add(self.definition, self.marking, split, items))
        self._go_on()

    def cancel(self) -> None:
        """End it here and now."""
        self.note("cancel", None, None)
        self._leave([t for t in self.marking.tokens if t.status == AT])
        self.marking, self.state = Marking(), CANCELLED

    def set_data(self, values: Mapping[str, Any]) -> None:
        """Keep what was filled in."""
        self.data |= values
        self.facts |= data_facts(self.definition, self.data)

    def facts_for(self, token: Token) -> dict[str, Any]:
        """Return the facts as the branch of a token sees them."""
        return {**self.facts, "item": token.item}

    def note(self, name: str, source: str | None, target: str | None) -> None:
        """Write a line of history."""
        self.number += 1
        said = {"on_behalf_of": self.on_behalf_of, "comment": self.comment}
        history.write(self.instance.id, self.number, name, source, target, **said)

    @after_its_news
    def store(self, *, tell_parent: bool = True) -> Instance:
        """Write the instance; who began with an older state of it is refused."""
        values: dict[str, Any] = {
            "marking": self.marking.dump(),
            "events": self.number,
            "updated_at": now(),
        }
        if self.data != self.instance.data:
            values["data"] = self.data
        if self.state != RUNNING:
            values |= {
                "state": self.state,
                "outcome": self.outcome,
                "ended_at": now(),
            }
        self.instance = instances.update(self.instance, **values)
        if self.state != RUNNING:
            hooks.tell(
                "workflow_ended",
                instance_id=self.instance.id,
                outcome=self.outcome or "",
            )
            if tell_parent:
                _tell_parent(self.instance)
        return self.instance

    def _carry_out(self, step: Step) -> None:
        self.marking = step.marking
        self.facts["instance.nodes"] = step.marking.nodes()
        for way in step.taken:
            self.note(way.name, way.source, way.target)
        self._leave(step.left)
        self._do([way for way in step.taken if way.deeds])
        for token in step.entered:
            self._enter(token)
        if step.outcome is not None:
            self.state, self.outcome = ENDED, step.outcome

    def _do(self, ways: Sequence[Transition]) -> None:
        for way in ways:
            for deed in way.deeds:
                self.do(deed, self.facts)

    @after_its_news
    def do(self, deed: Deed, facts: Mapping[str, Any]) -> Any:
        """Run an action."""
        return deeds.do(deed, facts, self.instance.created_by)

    def _leave(self, tokens: Sequence[Token]) -> None:
        """Close what was open for tokens that are gone."""
        if not tokens:
            return
        nodes = [self.definition.nodes[token.node] for token in tokens]
        opening.close(self.instance.id, [token.id for token in tokens], nodes)
        if any(node.kind == SUB for node in nodes):
            gone = {token.id for token in tokens}
            for child in instances.children(self.instance.id):
                if child.parent_token in gone:
                    _cancel_child(child)

    def _enter(self, token: Token) -> None:
        node = self.definition.nodes[token.node]
        if node.kind == TASK:
            opening.open_task(self.instance, node, token, self.facts_for(token))
        opening.set_timers(self.instance.id, node, token)
        if node.kind in (CALL, SUB):
            self._automatic.append(token)

    def _go_on(self) -> None:
        """Do what needs nobody, one after the other."""
        while self._automatic and self.state == RUNNING:
            token = self._automatic.pop(0)
            if self.marking.token(token.id) is None:
                continue  # cancelled meanwhile
            self._passed += 1
            if self._passed > MOST_AUTOMATIC:
                raise RefusedError("It runs in circles: nobody ever has to decide.")
            node = self.definition.nodes[token.node]
            way = self._call(node, token) if node.kind == CALL else self._sub(token)
            if way is not None:
                facts = self.facts_for(token)
                step = firing.fire(self.definition, self.marking, token.id, way, facts)
                self._carry_out(step)

    def _call(self, node: Node, token: Token) -> str | None:
        """Run the action of a node; return the way on, None while it is under way."""
        if node.deed is None:
            return NEXT
        if deeds.is_external(node.deed):
            opening.call_later(self.instance.id, token.id)
            return None
        try:
            found = self.do(node.deed, self.facts_for(token))
        except ArchivoltError as error:
            if node.transition(FAILED) is None:
                raise
            self.comment = str(error)[:LONGEST]
            return FAILED
        self.keep(node, found)
        return NEXT

    def keep(self, node: Node, found: Any) -> None:
        """Keep what an action or a sub-workflow has come to, where it is wanted."""
        if node.store is not None:
            self.set_data(deeds.plain({node.store: found}))

    def _sub(self, token: Token) -> str | None:
        """Start the definition of a node inside of this one."""
        node = self.definition.nodes[token.node]
        if self.instance.depth >= DEEPEST:
            raise RefusedError(f"Workflows lie at most {DEEPEST} deep in each other.")
        row = definitions.published(node.definition or "")
        data = deeds.worked_out(node.given, self.facts_for(token), node.title)
        child = begin(
            row.id,
            title=f"{self.instance.title}: {node.title}"[:255],
            about=self.instance.about,
            object_id=self.instance.object_id,
            data=deeds.plain(data),
            parent=(self.instance, token.id),
        )
        if child.state == RUNNING:
            return None
        return self.after_sub(node, child)

    def after_sub(self, node: Node, child: Instance) -> str:
        """Take over what a sub-workflow has come to, and return the way on."""
        self.keep(node, {"outcome": child.outcome, "data": child.data})
        if child.state == CANCELLED and node.transition(FAILED) is not None:
            return FAILED
        return NEXT


def begin(
    definition_id: UUID,
    *,
    title: str,
    about: str,
    object_id: UUID | None,
    data: Mapping[str, Any],
    parent: tuple[Instance, int] | None = None,
    news: tuple[str, int] | None = None,
) -> Instance:
    """Start an instance; its parent goes on when it has ended."""
    definition = definitions.compiled(definition_id)
    above, token = parent or (None, None)
    hook, position = news or (None, None)
    instance = instances.create(
        id=uuid7(),
        definition_id=definition_id,
        key=definition.key,
        title=title,
        about=about,
        object_id=object_id,
        data=dict(data),
        marking=Marking().dump(),
        created_by=actor().id if above is None else above.created_by,
        parent_id=above.id if above is not None else None,
        parent_token=token,
        depth=above.depth + 1 if above is not None else 0,
        news=hook,
        news_position=position,
        generation=news_before(),
    )
    run = Run(instance, definition)
    run.begin(f"By itself: {hook}, news {position}." if news else None)
    return run.store(tell_parent=False)


def _tell_parent(instance: Instance) -> None:
    """Let the instance around one that has ended go on."""
    if instance.parent_id is None or instance.parent_token is None:
        return
    parent = instances.hold(instance.parent_id)
    if parent is None or parent.state != RUNNING:
        return
    run = Run(parent, definitions.compiled(parent.definition_id))
    token = run.marking.token(instance.parent_token)
    if token is None:
        return
    way = run.after_sub(run.definition.nodes[token.node], instance)
    run.fire(token.id, way)
    run.store()


def _cancel_child(child: Instance) -> None:
    run = Run(child, definitions.compiled(child.definition_id))
    run.cancel()
    run.store(tell_parent=False)
