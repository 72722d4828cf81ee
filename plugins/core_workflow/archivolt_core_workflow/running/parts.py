"""What the actor may seek of instances, tasks and delegations: their part, or all."""

from collections.abc import Mapping
from typing import Any

from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import actor

OVERSEE = "workflow.oversee"
NARROWING = ("state", "key")  # alike in many rows


def visible() -> dict[str, Any]:
    """Return the filter for what the actor may see: their part, or all."""
    return {} if allowed(OVERSEE) else {"of": actor().id}


def sought(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters for what the actor seeks of what they may see.

    One's part is small beside what is open or done: it is what the rows are found by.
    """
    mine = visible()
    if not mine:
        return dict(filters)
    found = {f"{n}__also" if n in NARROWING else n: v for n, v in filters.items()}
    return {**found, **mine}
