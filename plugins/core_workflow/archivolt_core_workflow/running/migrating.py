"""Moves running instances to another version of their definition, by a map of nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.definitions.models import DefinitionVersion
from archivolt_core_workflow.definitions.service import definitions as stored
from archivolt_core_workflow.engine.model import AT, Definition, Marking
from archivolt_core_workflow.instances.models import Instance
from archivolt_core_workflow.instances.service import instances, timers
from archivolt_core_workflow.running import opening
from archivolt_core_workflow.running.advancing import Run
from archivolt_core_workflow.tasks.service import tasks


@dataclass(frozen=True)
class Move:
    """What would become of one instance; without problems it can be done."""

    instance: Instance
    nodes: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)


def plan(instance: Instance, target: Definition, renamed: Mapping[str, str]) -> Move:
    """Return where the tokens of an instance would go, and what stands against it."""
    old = definitions.compiled(instance.definition_id)
    marking = Marking.load(instance.marking)
    splits = {scope.split for scope in marking.scopes}
    names = sorted({*marking.nodes(), *splits})
    nodes = {name: renamed.get(name, name) for name in names}
    problems = {
        name: problem
        for name, new in nodes.items()
        if (problem := _problem(old, target, name, new))
    }
    return Move(instance, nodes, problems)


def _problem(old: Definition, target: Definition, name: str, new: str) -> str | None:
    if new not in target.nodes:
        return f"There is no node {new}: say where {name} leads."
    before, after = old.nodes[name], target.nodes[new]
    if before.kind != after.kind:
        return f"{new} is a {after.kind}, and {name} a {before.kind}."
    if (before.join is None) != (after.join is None):
        return f"{new} and {name} are not joined alike."
    return None


def migrate(move: Move, row: DefinitionVersion) -> None:
    """Let an instance go on with another version; its timers begin anew."""
    run = Run(move.instance, definitions.compiled(move.instance.definition_id))
    run.note("migrate", f"version {_version(move)}", f"version {row.version}")
    marking = run.marking
    run.definition = definitions.compiled(row.id)
    run.marking = Marking(
        tuple(replace(t, node=move.nodes[t.node]) for t in marking.tokens),
        tuple(replace(s, split=move.nodes[s.split]) for s in marking.scopes),
        marking.next_id,
        marking.ended,
    )
    id = move.instance.id
    tasks.move(id, {o: n for o, n in move.nodes.items() if o != n})
    timers.drop(id, [token.id for token in marking.tokens])
    for token in run.marking.tokens:
        node = run.definition.nodes[token.node]
        if token.status == AT:
            opening.set_timers(id, node, token)
    moved = instances.update(move.instance, definition_id=row.id)
    run.instance = moved
    run.store()


def _version(move: Move) -> int:
    return stored.get(move.instance.definition_id).version
