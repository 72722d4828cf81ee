"""What is wrong with a definition before anybody runs it.

Tokens are followed from the start with the splits that they are inside of: so a join
that gets tokens of the wrong split, or of none, is found without running anything.
"""

from collections.abc import Iterator, Mapping, Sequence

from archivolt_core_workflow.engine.model import (
    ANY,
    CALL,
    CHOICE,
    EACH,
    END,
    FAILED,
    JOIN,
    NEXT,
    PEOPLE,
    SPLIT,
    SUB,
    TASK,
    Definition,
    Node,
)
from archivolt_core_workflow.engine.patterns import refusal

Problem = tuple[str, str]  # a place, and a sentence
Inside = tuple[str, ...]  # the splits whose join is still to come
MOST_DEEP = 10


def problems(definition: Definition) -> dict[str, list[str]]:
    """Return every mistake by its place; none means that it can be published."""
    found = [*_loose_ends(definition)]
    if not found:  # what follows walks along the ways
        found = [*_nodes(definition), *_walked(definition), *_circles(definition)]
    table: dict[str, list[str]] = {}
    for place, sentence in found:
        table.setdefault(place, []).append(sentence)
    return table


def _loose_ends(definition: Definition) -> Iterator[Problem]:
    """Name the ways that lead to nothing, and what is named and not there."""
    nodes = definition.nodes
    if definition.start not in nodes:
        yield "start", f"There is no node {definition.start}."
    for node in nodes.values():
        for way in node.transitions:
            for name in (way.target, *way.cancels):
                if name not in nodes:
                    place = f"nodes.{node.name}.transitions.{way.name}"
                    yield place, f"There is no node {name}."
        if node.join is not None and node.join not in nodes:
            yield f"nodes.{node.name}.join", f"There is no node {node.join}."
        elif node.join is not None and nodes[node.join].kind != JOIN:
            yield f"nodes.{node.name}.join", f"{node.join} is no join."


def _nodes(definition: Definition) -> Iterator[Problem]:
    """Check each node by itself."""
    for node in definition.nodes.values():
        place = f"nodes.{node.name}"
        for sentence in _ways(node):
            yield f"{place}.transitions", sentence
        for sentence in _said(node):
            yield place, sentence
        if node.quorum is not None:
            for sentence in _quorum(node):
                yield f"{place}.quorum", sentence
    yield from _joins(definition)


def _ways(node: Node) -> Iterator[str]:
    if node.kind == END:
        return
    if not node.transitions:
        yield "It is a dead end: nothing leads on."
    elif node.kind in (EACH, JOIN) and len(node.transitions) != 1:
        yield f"A {node.kind} leads on by exactly one way."
    elif node.kind in (CALL, SUB) and not _leads_on(node):
        yield f"A {node.kind} leads on by {NEXT}, and by {FAILED} if you like."
    elif node.kind == CHOICE and not _has_default(node):
        yield "The last way of a choice has no guard: it is for all other cases."
    elif node.kind == SPLIT and node.takes == ANY and not _has_default(node):
        yield "The last way has no guard: one at least must be taken."
    if node.kind in PEOPLE:
        if node.transitions and all(way.after for way in node.transitions):
            yield "Only time leads on: give people a way as well."
    elif any(_for_people(way) for way in node.transitions):
        yield "Only ways out of states and tasks have allow, roles, permission, after."


def _for_people(way: object) -> bool:
    return any(getattr(way, name) for name in ("allow", "roles", "permission", "after"))


def _leads_on(node: Node) -> bool:
    names = {way.name for way in node.transitions}
    return NEXT in names and names <= {NEXT, FAILED}


def _has_default(node: Node) -> bool:
    return node.transitions[-1].guard is None


def _said(node: Node) -> Iterator[str]:
    """Name what a node must say and does not."""
    if node.kind == TASK and node.assign is None:
        yield "Nobody is to do it: say so below 'assign'."
    if node.kind == EACH and (node.items is None) == (node.count is None):
        yield "Say either how many ('count') or for what ('items')."
    if node.kind == EACH and node.add and node.join is None:
        yield "Items can be added only until a join: name it below 'join'."
    if node.kind == CALL and node.deed is None:
        yield "It calls nothing: name an action below 'call'."
    if node.kind == SUB and node.definition is None:
        yield "Name the definition that it runs."


def _quorum(node: Node) -> Iterator[str]:
    """Check that the votes can come together."""
    quorum, assign = node.quorum, node.assign
    if quorum is None or assign is None:
        return
    for name in (quorum.yes, quorum.no):
        way = node.transition(name)
        if way is None or way.after is not None:
            yield f"Voters have no way {name}."
    if quorum.yes == quorum.no:
        yield "Yes and no are two ways."
    if assign.round_robin:
        yield "Whoever takes turns does not vote with others: leave one of them out."
    counted = len(set(assign.users))
    if assign.roles or assign.groups or assign.expression:
        if quorum.of is None and not assign.expression:
            yield "Say how many are to vote ('of'): a role or group may change."
        counted = quorum.of or quorum.need
    if quorum.need > counted:
        yield f"It cannot be met: {quorum.need} must say yes, and {counted} may vote."


def _joins(definition: Definition) -> Iterator[Problem]:
    """Check that every join belongs to one split, and waits for no more than come."""
    for node in definition.nodes.values():
        if node.kind != JOIN:
            continue
        splits = [n for n in definition.nodes.values() if n.join == node.name]
        place = f"nodes.{node.name}"
        if not splits:
            yield place, "No split names it as its join: it would wait for ever."
        if len(splits) > 1:
            yield place, refusal(33)
        for split in splits:
            most = split.count if split.kind == EACH else len(split.transitions)
            if node.wait and most and node.wait > most and not split.add:
                sentence = f"It waits for {node.wait} of {most} branches."
                yield f"{place}.wait", sentence


def _walked(definition: Definition) -> Iterator[Problem]:
    """Follow tokens from the start; each node is met inside of the same splits."""
    nodes, met = definition.nodes, {definition.start: Inside()}
    line = [definition.start]
    while line:
        node = nodes[line.pop()]
        inside = met[node.name]
        place = f"nodes.{node.name}"
        yield from ((place, sentence) for sentence in _misplaced(node, inside))
        after = _inside_after(node, inside)
        for way in node.transitions:
            if way.target not in met:
                met[way.target] = after
                line.append(way.target)
            elif met[way.target] != after and not nodes[way.target].terminate:
                yield f"{place}.transitions.{way.name}", _crossing(way.target)
    for name in sorted(nodes.keys() - met.keys()):
        yield f"nodes.{name}", "No way leads there from the start."
    yield from _dead_ends(definition, met)


def _crossing(target: str) -> str:
    return (
        f"{target} is reached from inside and outside of parallel branches: bring "
        "them together in their join first."
    )


def _inside_after(node: Node, inside: Inside) -> Inside:
    if node.kind in (SPLIT, EACH) and node.join is not None:
        return (*inside, node.name)
    return inside[:-1] if node.kind == JOIN else inside


def _misplaced(node: Node, inside: Inside) -> Iterator[str]:
    if len(inside) > MOST_DEEP:
        yield f"Splits lie at most {MOST_DEEP} deep in each other."
    if node.kind == JOIN and not inside:
        yield "It is reached outside of its split."
    if node.kind == END and inside and not node.terminate:
        yield (
            f"A branch of {inside[-1]} ends here, so its join cannot complete: lead it "
            "to the join, or let it 'terminate' everything."
        )
    if node.kind in (SPLIT, EACH) and node.join is None and inside:
        yield f"Inside of {inside[-1]} a {node.kind} needs a join of its own."


def _dead_ends(definition: Definition, met: Mapping[str, Inside]) -> Iterator[Problem]:
    """Name the nodes from which no way leads to an end, and wrong joins."""
    nodes = definition.nodes
    ends = {name for name, node in nodes.items() if node.kind == END}
    if not ends:
        yield "nodes", "There is no end."
        return
    for name in sorted(met.keys() - _leading_to(definition, ends)):
        yield f"nodes.{name}", "No way leads from here to an end."
    for name, inside in met.items():
        node = nodes[name]
        if node.kind == JOIN and inside and nodes[inside[-1]].join != name:
            sentence = f"It gets branches of {inside[-1]}, which is joined elsewhere."
            yield f"nodes.{name}", sentence


def _leading_to(definition: Definition, ends: set[str]) -> set[str]:
    found = set(ends)
    while more := {
        way.source
        for way in definition.transitions()
        if way.target in found and way.source not in found
    }:
        found |= more
    return found


def _circles(definition: Definition) -> Iterator[Problem]:
    """Name a circle of nodes where nobody decides and no time passes."""
    nodes = definition.nodes
    automatic = {n for n, node in nodes.items() if node.kind not in PEOPLE}
    while bare := {n for n in automatic if not _targets(nodes[n]) & automatic}:
        automatic -= bare
    if automatic:
        names = ", ".join(sorted(automatic))
        yield "nodes", f"A circle where nobody decides passes through {names}."


def _targets(node: Node) -> set[str]:
    return {way.target for way in node.transitions}


def differing(
    old: Definition, new: Definition, places: Sequence[str]
) -> dict[str, str]:
    """Return why an instance that stands at these places cannot simply go on."""
    found = {}
    for name in places:
        if name not in new.nodes:
            found[name] = "It is not there any more."
        elif new.nodes[name].kind != old.nodes[name].kind:
            found[name] = f"It has become a {new.nodes[name].kind}."
        elif lost := {w.name for w in old.nodes[name].transitions} - {
            w.name for w in new.nodes[name].transitions
        }:
            found[name] = f"It has no way {', '.join(sorted(lost))} any more."
    return found
