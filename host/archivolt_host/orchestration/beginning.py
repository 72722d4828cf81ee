"""What is noted of a run when it begins."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from archivolt_host.orchestration import carrying, values
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration.journal import Run
from archivolt_host.tenants.columns import now

if TYPE_CHECKING:
    from archivolt_host.orchestration.driving import Drive

LONGEST_KEY = 200


def new(orchestrator: Any, id: UUID, unique: str | None = None) -> Run:
    """Return a run of which nothing is written down yet."""
    kind, moment, who = type(orchestrator), now(), carrying.actor()
    inputs = {k: v for k, v in orchestrator.inputs.items() if k not in kind.unwritten}
    return Run(
        id=id,
        name=kind.name,
        version=kind.version,
        input=values.plain(inputs, f"The inputs of {kind.name}"),
        steps=[step.name for step in orchestrator.steps()],
        unique_key=key_of(kind, unique) if unique is not None else None,
        deadline=None if kind.deadline is None else moment + kind.deadline,
        actor_id=who.id,
        actor_name=who.name,
        carried=carrying.carried(),
        lease_owner=journals.owner(),
        lease_until=moment + journals.LEASE,
        is_new=True,
    )


def child(drive: "Drive", orchestrator: Any) -> Run:
    """Return the run that is the step under way of another one."""
    parent, run = drive.run, new(orchestrator, drive.child_id)
    run.parent_id, run.parent_seq = parent.id, drive.seq
    ends = [end for end in (run.deadline, parent.deadline) if end is not None]
    run.deadline = min(ends, default=None)
    return run


def key_of(kind: Any, unique: str) -> str:
    """Return the unique key under which a run stands: those of others are apart."""
    key = f"{kind.name}:{unique}"
    if len(key) > LONGEST_KEY:
        room = LONGEST_KEY - len(kind.name) - 1
        raise ValueError(f"A unique key of {kind.name} has at most {room} characters.")
    return key
