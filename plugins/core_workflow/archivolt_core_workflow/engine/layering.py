"""Puts the nodes of a definition into columns and rows, so that ways cross little."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archivolt_core_workflow.engine.model import Definition

SWEEPS = 4
Way = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of names from the top; ``bends`` are places on ways, named after them."""

    columns: Sequence[Sequence[str]]
    bends: Mapping[Way, Sequence[str]]
    back: frozenset[Way]


def layout(definition: Definition) -> Layout:
    """Return where the nodes go: the start first, and ways mostly to the right."""
    ways = _ways(definition)
    back = _back(definition.start, ways)
    forward = [way for way in ways if way not in back]
    column = _columns(list(definition.nodes), forward)
    columns, bends = _with_bends(column, forward)
    return Layout(_ordered(columns, bends), bends, back)


def _ways(definition: Definition) -> list[Way]:
    found = [
        (way.source, way.target)
        for way in definition.transitions()
        if way.target in definition.nodes and way.source != way.target
    ]
    return list(dict.fromkeys(found))


def _back(start: str, ways: Sequence[Way]) -> frozenset[Way]:
    """Return the ways that close a circle, as a walk in depth meets them."""
    after: dict[str, list[str]] = {}
    for source, target in ways:
        after.setdefault(source, []).append(target)
    found: set[Way] = set()
    done: set[str] = set()
    for root in dict.fromkeys([start, *after]):
        if root in done:
            continue
        path, line = {root}, [(root, iter(after.get(root, ())))]
        while line:
            name, targets = line[-1]
            target = next(targets, "")
            if not target:
                line.pop()
                path.discard(name)
                done.add(name)
            elif target in path:
                found.add((name, target))
            elif target not in done:
                path.add(target)
                line.append((target, iter(after.get(target, ()))))
    return frozenset(found)


def _columns(names: Sequence[str], forward: Sequence[Way]) -> dict[str, int]:
    """Return the column of each node: behind all that lead to it."""
    column = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for source, target in forward:
            if column[target] <= column[source]:
                column[target] = column[source] + 1
                moved = True
        if not moved:
            break
    return column


def _with_bends(
    column: Mapping[str, int], forward: Sequence[Way]
) -> tuple[list[list[str]], dict[Way, list[str]]]:
    """Give a way that passes columns a place in each of them."""
    columns: list[list[str]] = [[] for _ in range(max(column.values()) + 1)]
    for name, number in column.items():
        columns[number].append(name)
    bends: dict[Way, list[str]] = {}
    for source, target in forward:
        passed = range(column[source] + 1, column[target])
        bends[source, target] = [f"{source}>{target}#{n}" for n in passed]
        for number, bend in zip(passed, bends[source, target], strict=True):
            columns[number].append(bend)
    return columns, bends


def _ordered(
    columns: Sequence[Sequence[str]], bends: Mapping[Way, Sequence[str]]
) -> list[list[str]]:
    """Order each column by the middle of its neighbours, to and fro."""
    before: dict[str, list[str]] = {}
    behind: dict[str, list[str]] = {}
    for (source, target), between in bends.items():
        chain = [source, *between, target]
        for left, right in pairwise(chain):
            before.setdefault(right, []).append(left)
            behind.setdefault(left, []).append(right)
    ordered = [list(column) for column in columns]
    for sweep in range(SWEEPS):
        neighbours = before if sweep % 2 == 0 else behind
        places = {
            name: place / max(len(column) - 1, 1)
            for column in ordered
            for place, name in enumerate(column)
        }
        line = ordered if sweep % 2 == 0 else ordered[::-1]
        for column in line:
            column.sort(key=lambda name: _middle(neighbours.get(name), name, places))
            for place, name in enumerate(column):
                places[name] = place / max(len(column) - 1, 1)
    return ordered


def _middle(
    neighbours: Sequence[str] | None, name: str, places: Mapping[str, float]
) -> float:
    if not neighbours:
        return places[name]
    return sum(places[one] for one in neighbours) / len(neighbours)
