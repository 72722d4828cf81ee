"""What a definition says and where an instance stands: values, never changed in place.

A token is a place where an instance stands. A split makes several of them, which belong
together in a scope until their join; scope 0 is the instance itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from archivolt_core_workflow.engine.guards import Expr, Value

STATE, TASK, CHOICE, SPLIT, EACH = "state", "task", "choice", "split", "each"
JOIN, CALL, SUB, END = "join", "call", "sub", "end"
KINDS = (STATE, TASK, CHOICE, SPLIT, EACH, JOIN, CALL, SUB, END)
#: Where a token stays until something happens.
RESTING = frozenset({STATE, TASK, CALL, SUB})
#: Where people decide.
PEOPLE = frozenset({STATE, TASK})

AT, ARRIVED, HELD = "at", "arrived", "held"
ALL, ANY = "all", "any"
NEXT, FAILED = "next", "failed"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time; ``working`` counts days and hours of work alone."""

    length: timedelta
    working: bool = False
    days: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """An action of a plugin, and what it is given."""

    name: str
    given: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one node to another, and who may go it when."""

    name: str
    source: str
    target: str
    title: str
    guard: Expr | None = None
    allow: Expr | None = None
    roles: frozenset[str] = frozenset()
    permission: str | None = None
    after: Span | None = None
    cancels: tuple[str, ...] = ()
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to do a task."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    expression: Expr | None = None
    round_robin: bool = False


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many distinct voters must say yes; ``of`` says how many there are."""

    need: int
    yes: str
    no: str
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """What happens to a task that nobody does."""

    after: Span
    assign: Assignment | None = None
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a definition; which of the fields count depends on its kind."""

    name: str
    kind: str
    title: str
    transitions: tuple[Transition, ...] = ()
    assign: Assignment | None = None
    quorum: Quorum | None = None
    form: Mapping[str, Any] | None = None
    due: Span | None = None
    escalate: tuple[Escalation, ...] = ()
    exclusive: str | None = None
    takes: str = ALL
    join: str | None = None
    items: Expr | None = None
    count: int | None = None
    add: bool = False
    wait: int | None = None
    cancel: bool = False
    deed: Deed | None = None
    store: str | None = None
    definition: str | None = None
    given: Mapping[str, Value] = field(default_factory=dict)
    terminate: bool = False

    def transition(self, name: str) -> Transition | None:
        """Return the way of that name, or None."""
        return next((t for t in self.transitions if t.name == name), None)


@dataclass(frozen=True, slots=True)
class Beginning:
    """News by which an instance begins by itself.

    ``object`` is the argument of the news with the id of what the instance is about.
    """

    news: str
    object: str | None = None
    guard: Expr | None = None
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """A process: its nodes, and what is known about each instance of it."""

    key: str
    title: str
    start: str
    nodes: Mapping[str, Node]
    about: str = "none"
    data: Mapping[str, Any] = field(default_factory=dict)
    begins: tuple[Beginning, ...] = ()

    def transitions(self) -> list[Transition]:
        """Return every way of every node."""
        return [way for node in self.nodes.values() for way in node.transitions]


@dataclass(frozen=True, slots=True)
class Token:
    """One place where an instance stands."""

    id: int
    node: str
    scope: int = 0
    status: str = AT
    item: Any = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The tokens of one split; ``fired`` once its join has let one through."""

    id: int
    split: str
    parent: int
    item: Any = None
    fired: bool = False


@dataclass(frozen=True, slots=True)
class Marking:
    """All places where an instance stands; ``ended`` is the last end reached."""

    tokens: tuple[Token, ...] = ()
    scopes: tuple[Scope, ...] = ()
    next_id: int = 1
    ended: str | None = None

    def token(self, id: int) -> Token | None:
        """Return the token with that id, or None."""
        return next((token for token in self.tokens if token.id == id), None)

    def nodes(self) -> list[str]:
        """Return the names of the nodes where tokens are."""
        return sorted({token.node for token in self.tokens})

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "next_id": self.next_id,
            "ended": self.ended,
            "tokens": [[t.id, t.node, t.scope, t.status, t.item] for t in self.tokens],
            "scopes": [[s.id, s.split, s.parent, s.item, s.fired] for s in self.scopes],
        }

    @classmethod
    def load(cls, plain: Mapping[str, Any]) -> "Marking":
        """Take it from JSON."""
        return cls(
            tuple(Token(*token) for token in plain["tokens"]),
            tuple(Scope(*scope) for scope in plain["scopes"]),
            plain["next_id"],
            plain["ended"],
        )
