"""Every database access of the requests domain, and nothing else."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from archivolt_core_workflow.engine.builtin import DRAFT
from archivolt_core_workflow.requests.models import Request
from archivolt_host.kit.service import Service


class RequestService(Service[Request]):
    """Requests of the current tenant."""

    model = Request
    kind = "Request"
    sorts = ("created_at", "updated_at", "title")

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "reviewable_by":
            return self._reviewable(value)
        if name == "created_by_or_sent":
            return or_(self._c["created_by"] == value, self._c["status"] != DRAFT)
        return super()._condition(name, value)

    def _reviewable(self, user: UUID) -> ColumnElement[bool]:
        """Return the user's own, and those sent to them or to nobody by name."""
        assigned = self._c["assigned_to"]
        mine = or_(assigned.is_(None), assigned == user)
        sent = and_(
            self._c["status"] != DRAFT, or_(mine, self._c["reviewed_by"] == user)
        )
        return or_(self._c["created_by"] == user, sent)


requests = RequestService()
