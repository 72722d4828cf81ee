"""Moves tokens: pure, and in one step from rest to rest.

``begin`` and ``fire`` return where the instance stands afterwards and what came and
went on the way; whoever called opens tasks and runs actions accordingly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archivolt_core_workflow.engine.model import (
    ANY,
    ARRIVED,
    AT,
    CHOICE,
    EACH,
    HELD,
    JOIN,
    RESTING,
    SPLIT,
    Definition,
    Marking,
    Node,
    Scope,
    Token,
    Transition,
)
from archivolt_host.kit.errors import RefusedError

MOST_MOVES = 1000
MOST_TOKENS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did."""

    marking: Marking
    entered: tuple[Token, ...]
    left: tuple[Token, ...]
    taken: tuple[Transition, ...]
    outcome: str | None


def begin(definition: Definition, facts: Mapping[str, Any]) -> Step:
    """Put the first token on the start."""
    walk = _Walk(definition, Marking(), facts)
    walk.place(definition.start, 0, None)
    return walk.step()


def fire(
    definition: Definition,
    marking: Marking,
    token_id: int,
    name: str,
    facts: Mapping[str, Any],
) -> Step:
    """Move a token along the way of that name."""
    token = marking.token(token_id)
    if token is None or token.status != AT:
        raise RefusedError("That step is over: read it again to see where it stands.")
    way = definition.nodes[token.node].transition(name)
    if way is None:
        raise RefusedError(f"From {token.node} no way is called {name}.")
    walk = _Walk(definition, marking, facts)
    walk.take(token, way)
    return walk.step()


def add(definition: Definition, marking: Marking, split: str, items: list[Any]) -> Step:
    """Give a running ``each`` further items."""
    scope = next((s for s in marking.scopes if s.split == split and not s.fired), None)
    if scope is None or not definition.nodes[split].add:
        raise RefusedError(f"{split} takes no further items now.")
    walk = _Walk(definition, marking, {})
    target = definition.nodes[split].transitions[0].target
    for item in items:
        walk.place(target, scope.id, item)
    return walk.step()


class _Walk:
    """One event under way."""

    def __init__(
        self, definition: Definition, marking: Marking, facts: Mapping[str, Any]
    ) -> None:
        self.definition, self.facts = definition, facts
        self.tokens = {token.id: token for token in marking.tokens}
        self.scopes = {scope.id: scope for scope in marking.scopes}
        self.next_id = marking.next_id
        self.entered: dict[int, Token] = {}
        self.left: dict[int, Token] = {}
        self.taken: list[Transition] = []
        self.ended = marking.ended
        self.moves = 0
        self.over = False

    def step(self) -> Step:
        """Let joins and held tokens go on until all is at rest."""
        while self._settle_joins() or self._let_in():
            pass
        tokens, scopes = tuple(self.tokens.values()), tuple(self.scopes.values())
        return Step(
            Marking(tokens, scopes, self.next_id, self.ended),
            tuple(self.entered.values()),
            tuple(self.left.values()),
            tuple(self.taken),
            None if self.tokens else self.ended or "cancelled",
        )

    def take(self, token: Token, way: Transition) -> None:
        """Move a resting token along a way."""
        self.remove(token)
        self.follow(way, token.scope, token.item)

    def follow(self, way: Transition, scope: int, item: Any) -> None:
        """Go a way: cancel what it cancels, then arrive."""
        self.taken.append(way)
        for other in [t for t in self.tokens.values() if t.node in way.cancels]:
            self.remove(other)
        self.place(way.target, scope, item)

    def remove(self, token: Token) -> None:
        """Take a token away."""
        del self.tokens[token.id]
        if self.entered.pop(token.id, None) is None and token.status == AT:
            self.left[token.id] = token

    def place(self, name: str, scope: int, item: Any) -> None:
        """Let a token arrive at a node."""
        if self.over:
            return
        self.moves += 1
        if self.moves > MOST_MOVES:
            raise RefusedError("It runs in circles: nobody would ever have to decide.")
        node = self.definition.nodes[name]
        if node.kind in RESTING:
            self._rest(node, scope, item)
        elif node.kind == CHOICE:
            self.follow(self._chosen(node, item), scope, item)
        elif node.kind in (SPLIT, EACH):
            self._split(node, scope, item)
        elif node.kind == JOIN:
            self._arrive(node, scope, item)
        else:
            self._end(node)

    def _new(self, node: str, scope: int, item: Any, status: str) -> Token:
        if len(self.tokens) >= MOST_TOKENS:
            raise RefusedError(f"An instance has at most {MOST_TOKENS} branches.")
        token = Token(self.next_id, node, scope, status, item)
        self.next_id += 1
        self.tokens[token.id] = token
        return token

    def _rest(self, node: Node, scope: int, item: Any) -> None:
        taken = node.exclusive is not None and self._occupied(node.exclusive)
        token = self._new(node.name, scope, item, HELD if taken else AT)
        if not taken:
            self.entered[token.id] = token

    def _occupied(self, group: str) -> bool:
        nodes = self.definition.nodes
        return any(
            t.status == AT and nodes[t.node].exclusive == group
            for t in self.tokens.values()
        )

    def _let_in(self) -> bool:
        """Let the next token in where an exclusive group has become free."""
        for token in self.tokens.values():
            group = self.definition.nodes[token.node].exclusive
            if token.status == HELD and group and not self._occupied(group):
                self.tokens[token.id] = replace(token, status=AT)
                self.entered[token.id] = self.tokens[token.id]
                return True
        return False

    def _chosen(self, node: Node, item: Any) -> Transition:
        facts = {**self.facts, "item": item}
        for way in node.transitions:
            if way.guard is None or way.guard.holds(facts):
                return way
        raise RefusedError(f"No way leads on from {node.title}: all guards refuse.")

    def _split(self, node: Node, scope: int, item: Any) -> None:
        if node.join is not None:
            scope = self._open(node, scope, item)
        if node.kind == EACH:
            self._each(node, scope, item)
        else:
            facts = {**self.facts, "item": item}
            for way in node.transitions:
                if node.takes != ANY or way.guard is None or way.guard.holds(facts):
                    self.follow(way, scope, item)

    def _each(self, node: Node, scope: int, item: Any) -> None:
        """Make a token for each item; with none, all of them have arrived."""
        items = self._items(node, item)
        for one in items:
            self.follow(node.transitions[0], scope, one)
        if not items and node.join is not None:
            parent = self.scopes.pop(scope).parent
            self.follow(self._join_of(node).transitions[0], parent, item)

    def _join_of(self, split: Node) -> Node:
        return self.definition.nodes[split.join or ""]

    def _open(self, node: Node, parent: int, item: Any) -> int:
        scope = Scope(self.next_id, node.name, parent, item)
        self.next_id += 1
        self.scopes[scope.id] = scope
        return scope.id

    def _items(self, node: Node, item: Any) -> list[Any]:
        if node.items is None:
            return list(range(1, (node.count or 0) + 1))
        found = node.items.value({**self.facts, "item": item})
        if not isinstance(found, list):
            raise RefusedError(f"{node.title} needs a list: {node.items.text} is none.")
        return found

    def _arrive(self, node: Node, scope: int, item: Any) -> None:
        """Wait at the join; what comes after it has fired is not needed."""
        found = self.scopes.get(scope)
        if found is None or not found.fired:
            self._new(node.name, scope, item, ARRIVED)

    def _end(self, node: Node) -> None:
        self.ended = node.name
        if node.terminate:
            for token in list(self.tokens.values()):
                self.remove(token)
            self.scopes.clear()
            self.over = True

    def _settle_joins(self) -> bool:
        """Fire one join that has waited long enough; forget scopes that are done."""
        for scope in sorted(self.scopes.values(), key=lambda s: -s.id):
            inside = [t for t in self.tokens.values() if self._within(t, scope.id)]
            arrived = [t for t in inside if t.scope == scope.id and t.status == ARRIVED]
            if not inside:
                del self.scopes[scope.id]
            elif not scope.fired and self._completes(scope, len(arrived), len(inside)):
                self._pass(scope, arrived, inside)
                return True
        return False

    def _completes(self, scope: Scope, arrived: int, inside: int) -> bool:
        wait = self._join_of(self.definition.nodes[scope.split]).wait
        return arrived == inside or (wait is not None and arrived >= wait)

    def _pass(self, scope: Scope, arrived: list[Token], inside: list[Token]) -> None:
        """Let one token through for all of a scope."""
        join = self._join_of(self.definition.nodes[scope.split])
        for token in inside if join.cancel else arrived:
            self.remove(token)
        if join.cancel or len(arrived) == len(inside):
            self._close(scope.id)
        else:
            self.scopes[scope.id] = replace(scope, fired=True)
        self.follow(join.transitions[0], scope.parent, scope.item)

    def _close(self, id: int) -> None:
        for inner in [s.id for s in self.scopes.values() if s.parent == id]:
            self._close(inner)
        self.scopes.pop(id, None)

    def _within(self, token: Token, scope: int) -> bool:
        """Return whether a token belongs to a scope or to one inside it."""
        current = token.scope
        while current and current != scope:
            current = self.scopes[current].parent if current in self.scopes else 0
        return current == scope
