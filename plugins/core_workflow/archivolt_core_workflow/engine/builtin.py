"""The definition that comes with the product: how a request becomes approved."""

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
