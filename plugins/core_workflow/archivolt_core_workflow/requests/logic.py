"""The rules of the requests domain. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine import firing, rights
from archivolt_core_workflow.engine.builtin import (
    DRAFT,
    REVIEW,
    SUBMITTED,
)
from archivolt_core_workflow.engine.builtin import (
    request as definition,
)
from archivolt_core_workflow.engine.model import Marking, Token
from archivolt_core_workflow.requests.models import Request
from archivolt_core_workflow.requests.service import requests
from archivolt_hookspecs.identity import UserInfo
from archivolt_host.kit import audit, hooks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import SYSTEM, actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import (
    DeniedError,
    InvalidError,
    NotFoundError,
    RefusedError,
    StaleError,
)
from archivolt_host.kit.paging import Page

MAIL = "send_mail"
OWNERS = frozenset({"owner"})


def visible() -> dict[str, Any]:
    """Return the filter for what the actor may see: their own, or what they review."""
    user = actor()
    if user.id == SYSTEM:
        return {}
    if not allowed(REVIEW):
        return {"created_by": user.id}
    if user.roles & OWNERS:
        return {"created_by_or_sent": user.id}
    return {"reviewable_by": user.id}


def get(id: UUID) -> Request:
    """Return a request that the actor may see."""
    request, user = requests.get(id), actor()
    if request.created_by == user.id:
        return request
    assigned = request.assigned_to in (None, user.id) or request.reviewed_by == user.id
    sent = request.status != DRAFT and allowed(REVIEW)
    if not sent or not (assigned or user.roles & OWNERS):
        raise NotFoundError("Request", id)
    return request


def seen(ids: Sequence[UUID]) -> Sequence[Request]:
    """Return those of the requests that the actor may see."""
    return requests.filter(Page(len(ids)), id__in=ids, **visible()).items


def create(title: str, description: str, assigned_to: UUID | None) -> Request:
    """Make a draft."""
    _refuse_unknown(assigned_to)
    return requests.create(
        title=title,
        description=description,
        assigned_to=assigned_to,
        created_by=actor().id,
    )


def _refuse_unknown(assigned_to: UUID | None) -> None:
    if assigned_to is None:
        return
    if hooks.first("find_actor", who=str(assigned_to)) is None:
        raise InvalidError(
            f"There is no user {assigned_to}.", {"assigned_to": ["No such user."]}
        )


def change(request: Request, values: dict[str, Any]) -> Request:
    """Change a draft; only its creator may."""
    if request.created_by != actor().id:
        raise DeniedError("Only its creator may change a request.")
    if request.status != DRAFT:
        raise RefusedError(f"It is {request.status}: only a draft can be changed.")
    _refuse_unknown(values.get("assigned_to"))
    return requests.update(request, updated_at=now(), **values)


def advance(request: Request, name: str) -> Request:
    """Submit, approve or reject; two at once: the second is refused."""
    facts = _facts(request)
    rights.refuse_stranger(rights.named(definition(), name), allowed, facts)
    way = definition().nodes[request.status].transition(name)
    if way is None:
        raise RefusedError(f"It is {request.status}: {name} is not possible now.")
    rights.refuse_guarded(way, facts)
    standing = Marking((Token(1, request.status),), next_id=2)
    step = firing.fire(definition(), standing, 1, name, facts)
    return _store(request, name, step.taken[-1].target)


def _store(request: Request, name: str, status: str) -> Request:
    moment = now()
    values: dict[str, Any] = {"status": status, "updated_at": moment}
    if status != SUBMITTED:
        values |= {"reviewed_by": actor().id, "reviewed_at": moment}
        _tell_creator(request, status)
    try:
        changed = requests.update(request, **values)
    except StaleError as error:
        raise RefusedError("Somebody else was faster: read it again.") from error
    old, new = {"status": request.status}, {"status": status}
    audit.note(name.upper(), request.id, old, new, kind="workflow.request")
    return changed


def _tell_creator(request: Request, status: str) -> None:
    """Send the news to whoever listens, and by mail where both sides can."""
    creator = request.created_by
    hooks.tell("request_decided", request_id=request.id, creator=creator, status=status)
    known: UserInfo | None = hooks.first("describe_user", id=creator)
    if known is None or not known.email or hooks.action_or_none(MAIL) is None:
        return
    subject = " ".join(f"{status.capitalize()}: {request.title}".split())
    text = f"{actor().name} has {status.lower()} your request '{request.title}'.\n"
    hooks.call(MAIL, to=known.email, subject=subject, text=text)


def _facts(request: Request) -> dict[str, Any]:
    user = actor()
    return {
        "actor.id": str(user.id),
        "actor.name": user.name,
        "actor.roles": sorted(user.roles),
        "object.created_by": str(request.created_by),
        "object.assigned_to": _text(request.assigned_to),
        "object.status": request.status,
    }


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)
