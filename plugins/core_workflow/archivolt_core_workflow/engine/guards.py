"""Expressions in CEL over typed facts: compiled once, bounded, and false in doubt.

The engine below ends an evaluation after 10,000 rounds of its macros and refuses deep
nesting; its regular expressions are RE2's, which take linear time. What it does not
bound is values that double at each step: so ``map`` and ``+`` are few here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from cel_expr_python import cel

log = structlog.get_logger()

LONGEST = 1000  # characters
MOST_MAPS, MOST_SUMS = 2, 16
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")

BOOL, INT, DOUBLE = cel.Type.BOOL, cel.Type.INT, cel.Type.DOUBLE
STRING, TIME, ANYTHING = cel.Type.STRING, cel.Type.TIMESTAMP, cel.Type.DYN
STRINGS = cel.Type.List(STRING)
MAP = cel.Type.Map(STRING, ANYTHING)

Value = Any  # JSON, or an Expr where a definition wrote "=expression"


class ExpressionError(ValueError):
    """The expression cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Expr:
    """One compiled expression, and the facts that it looks at."""

    text: str
    names: tuple[str, ...]
    compiled: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether it is true; an error or something unknown is not."""
        return self.value(facts) is True

    def value(self, facts: Mapping[str, Any]) -> Any:
        """Return what it comes to as plain data, or None where it fails."""
        known = {name: facts[name] for name in self.names if name in facts}
        try:
            found = self.compiled.eval(data=known)
            if found.type() in _FAILED:
                return None
            return found.value() if found.type() == BOOL else found.plain_value()
        except Exception as error:  # of any type: it comes from C++
            log.info("expression failed", text=self.text, error=str(error)[:200])
            return None


_FAILED = (cel.Type.ERROR, cel.Type.UNKNOWN)


class Facts:
    """The names that expressions of one definition know, with their types."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self.types = types
        self._environment = cel.NewEnv(variables=dict(types))

    def condition(self, text: str) -> Expr:
        """Compile what must be true or false."""
        found = self.compile(text)
        kind = found.compiled.return_type()
        if kind not in (BOOL, ANYTHING):
            raise ExpressionError(f"It comes to a {kind.name()}, not to true or false.")
        return found

    def compile(self, text: str) -> Expr:
        """Compile an expression, or raise ExpressionError."""
        _refuse_boundless(text)
        try:
            compiled = self._environment.compile(text)
        except Exception as error:  # of any type: it comes from C++
            raise ExpressionError(_sentence(str(error))) from error
        return Expr(text, self._names(text), compiled)

    def _names(self, text: str) -> tuple[str, ...]:
        """Return the facts that a text may mean: each eval is given no others."""
        found = set()
        for written in NAME.findall(re.sub(r"\s*\.\s*", ".", text)):
            parts = written.split(".")
            found |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        return tuple(sorted(found & self.types.keys()))


def _refuse_boundless(text: str) -> None:
    if len(text) > LONGEST:
        raise ExpressionError(f"It has more than {LONGEST:,} characters.")
    if len(re.findall(r"\bmap\b", text)) > MOST_MAPS:
        raise ExpressionError(f"It uses map more than {MOST_MAPS} times.")
    if text.count("+") > MOST_SUMS:
        raise ExpressionError(f"It uses + more than {MOST_SUMS} times.")


def _sentence(message: str) -> str:
    """Return the first line of a complaint without its technical frame."""
    first = message.partition("\n")[0].removeprefix("INVALID_ARGUMENT: ")
    return first.removeprefix("ERROR: ").replace("<input>:", "At ")[:300]


@lru_cache(maxsize=500)
def facts_of(types: tuple[tuple[str, str], ...]) -> Facts:
    """Return the environment for facts of these types, made once."""
    return Facts({name: TYPES[kind] for name, kind in types})


#: The types of facts by the names that the reading of a definition uses.
TYPES: dict[str, Any] = {
    "bool": BOOL,
    "int": INT,
    "double": DOUBLE,
    "string": STRING,
    "strings": STRINGS,
    "time": TIME,
    "map": MAP,
    "any": ANYTHING,
}
