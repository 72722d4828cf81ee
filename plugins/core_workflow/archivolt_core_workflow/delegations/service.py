"""Every database access of the delegations domain, and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, or_, select

from archivolt_core_workflow.delegations.models import Delegation
from archivolt_host.kit.db import Prepared
from archivolt_host.kit.service import Service

DELEGATION: Any = Delegation.__table__
MOMENT = bindparam("moment", type_=DELEGATION.c.begins_at.type)
STANDING_IN = Prepared(  # asked with every look at an inbox
    select(DELEGATION.c.from_user)
    .where(
        DELEGATION.c.to_user == bindparam("deputy", type_=DELEGATION.c.to_user.type),
        DELEGATION.c.begins_at <= MOMENT,
        DELEGATION.c.ends_at > MOMENT,
    )
    .distinct()
)


class DelegationService(Service[Delegation]):
    """Delegations of the current tenant."""

    model = Delegation
    kind = "Delegation"
    sorts = ("created_at", "begins_at", "ends_at")
    sql_verbs = ("standing_in", "deputies", "forget")

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "of":
            return or_(self._c["from_user"] == value, self._c["to_user"] == value)
        return super()._condition(name, value)

    def standing_in(self, user: UUID, moment: datetime) -> Sequence[UUID]:
        """Return those for whom a user stands in now."""
        found = STANDING_IN.all(self.connection, {"deputy": user, "moment": moment})
        return [row.from_user for row in found]

    def deputies(self, users: Sequence[UUID], moment: datetime) -> dict[UUID, UUID]:
        """Return who stands in for whom now; who is there has nobody."""
        query = select(self._c["from_user"], self._c["to_user"]).where(
            self._c["from_user"].in_(users), *self._holds(moment)
        )
        rows = self.connection.execute(query.order_by(self._c["id"]))
        return {absent: deputy for absent, deputy in rows}

    def forget(self, before: datetime) -> int:
        """Delete those that ended before a moment; return how many."""
        return self._delete_where(self._c["ends_at"] < before)

    def _holds(self, moment: datetime) -> tuple[ColumnElement[bool], ...]:
        return self._c["begins_at"] <= moment, self._c["ends_at"] > moment


delegations = DelegationService()
