"""The definitions that come with the product: requests, and what is simply to do."""

from functools import cache

from archivolt_core_workflow.engine.model import Definition
from archivolt_core_workflow.engine.reading import read

DRAFT, SUBMITTED, APPROVED, REJECTED = "DRAFT", "SUBMITTED", "APPROVED", "REJECTED"
STATUSES = (DRAFT, SUBMITTED, APPROVED, REJECTED)
SUBMIT, APPROVE, REJECT = "submit", "approve", "reject"
REVIEW = "requests.review"

CREATOR = "actor.id == object.created_by"
#: Nobody decides on their own; where somebody is named, they decide, or an owner.
REVIEWER = (
    "actor.id != object.created_by && (object.assigned_to == null || "
    "object.assigned_to == actor.id || 'owner' in actor.roles)"
)
_DECISION = {"permission": REVIEW, "allow": REVIEWER}

SOURCE = {
    "key": "request",
    "title": "Request",
    "object": "request",
    "start": DRAFT,
    "nodes": {
        DRAFT: {
            "kind": "state",
            "transitions": {SUBMIT: {"to": SUBMITTED, "allow": CREATOR}},
        },
        SUBMITTED: {
            "kind": "state",
            "transitions": {
                APPROVE: {"to": APPROVED, **_DECISION},
                REJECT: {"to": REJECTED, **_DECISION},
            },
        },
        APPROVED: {"kind": "end"},
        REJECTED: {"kind": "end"},
    },
}


@cache
def request() -> Definition:
    """Return the definition of requests."""
    return read(SOURCE)


TO_DO = "to_do"
TO_DO_SOURCE = {
    "key": TO_DO,
    "title": "To do",
    "data": {
        "properties": {"who": {"type": "array", "items": {"type": "string"}}},
        "required": ["who"],
    },
    "start": "do",
    "nodes": {
        "do": {
            "kind": "task",
            "title": "To do",
            "assign": {"expression": "data.who"},
            "transitions": {"done": {"to": "done"}},
        },
        "done": {"kind": "end"},
    },
}
