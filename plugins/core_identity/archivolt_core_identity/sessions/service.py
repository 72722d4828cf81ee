"""Every database access of the sessions domain, and nothing else."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from archivolt_core_identity.sessions.models import Session
from archivolt_core_identity.users.models import User
from archivolt_host.kit.db import Prepared, now
from archivolt_host.kit.service import Service

USER: Table = User.__table__  # type: ignore[assignment]


class SessionService(Service[Session]):
    """Sessions of the current tenant's users."""

    model = Session
    kind = "Session"
    sorts = ("created_at",)
    sql_verbs = ("find", "holder", "end", "end_all", "forget")

    def find(self, id: UUID) -> Session | None:
        """Return a session, or None."""
        return self._first(self._sql.get, id=id)

    def holder(self, id: UUID) -> Any:
        """Return what decides whether a session is good, its user included, or None."""
        return HOLDER.first(self.connection, {"id": id})

    def end(self, id: UUID, why: str) -> None:
        """End one session, unless it has ended already."""
        self._end(self._c["id"] == id, why)

    def end_all(self, user_id: UUID, why: str) -> None:
        """End every session of a user."""
        self._end(self._c["user_id"] == user_id, why)

    def _end(self, which: Any, why: str) -> None:
        is_open = self._c["ended_at"].is_(None)
        self._update_where(which, is_open, ended_at=now(), why_ended=why)

    def forget(self, before: datetime) -> int:
        """Delete what expired before a moment; return how many."""
        return self._delete_where(self._c["expires_at"] < before)


SESSION: Table = Session.__table__  # type: ignore[assignment]
HOLDER = Prepared(
    select(
        SESSION.c.kind,
        SESSION.c.proof,
        SESSION.c.expires_at,
        SESSION.c.ended_at,
        SESSION.c.impersonator,
        USER.c.id.label("user_id"),
        USER.c.username,
        USER.c.group_ids,
        USER.c.state,
    )
    .join(USER, USER.c.id == SESSION.c.user_id)
    .where(SESSION.c.id == bindparam("id"))
)

sessions = SessionService()
