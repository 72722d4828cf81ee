"""Every database access of the grants domain, and nothing else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from archivolt_core_permissions.grants.models import ALLOW, USER, Grant
from archivolt_host.kit.service import Service


class GrantService(Service[Grant]):
    """Grants of the current tenant."""

    model = Grant
    kind = "Grant"
    sorts = ("created_at", "expires_at")
    sql_verbs = (
        "held",
        "on_scope",
        "permanent_users",
        "count_of",
        "expired",
        "of_scopes",
        "of_subjects",
        "relevant",
    )

    def held(self, subject: UUID, role: UUID, scope: UUID) -> Grant | None:
        """Return the grant of a role to somebody on a scope, or None."""
        return self._first(
            self._sql.select.where(
                self._c["subject_id"] == subject,
                self._c["role_id"] == role,
                self._c["scope_id"] == scope,
            )
        )

    def on_scope(self, subject: UUID, scope: UUID) -> Sequence[Grant]:
        """Return the grants of somebody on one scope."""
        return self._rows(
            self._sql.select.where(
                self._c["subject_id"] == subject, self._c["scope_id"] == scope
            )
        )

    def permanent_users(self, role: UUID, scope: UUID) -> set[UUID]:
        """Return the users who have a role on a scope, without an end."""
        query = select(self._c["subject_id"]).where(
            self._c["role_id"] == role,
            self._c["scope_id"] == scope,
            self._c["subject_kind"] == USER,
            self._c["effect"] == ALLOW,
            self._c["expires_at"].is_(None),
        )
        return set(self.connection.scalars(query))

    def count_of(self, role: UUID) -> int:
        """Return how often a role is granted."""
        query = select(func.count()).select_from(self._table)
        of_it = query.where(self._c["role_id"] == role)
        return int(self.connection.scalar(of_it) or 0)

    def expired(self, moment: datetime, limit: int) -> Sequence[Grant]:
        """Return grants that ended before a moment, the oldest first."""
        query = self._sql.select.where(self._c["expires_at"] <= moment)
        return self._rows(query.order_by(self._c["expires_at"]).limit(limit))

    def of_scopes(self, scopes: Sequence[UUID]) -> Sequence[Grant]:
        """Return the grants on some scopes."""
        return self._rows(self._sql.select.where(self._c["scope_id"].in_(scopes)))

    def of_subjects(self, subjects: Sequence[UUID]) -> Sequence[Grant]:
        """Return the grants of some users and groups."""
        return self._rows(self._sql.select.where(self._c["subject_id"].in_(subjects)))

    def relevant(
        self, subjects: Collection[UUID], scopes: Collection[UUID]
    ) -> Sequence[Grant]:
        """Return the grants of some subjects on some scopes, the oldest first."""
        query = self._sql.select.where(
            self._c["subject_id"].in_(subjects), self._c["scope_id"].in_(scopes)
        )
        return self._rows(query.order_by(self._c["created_at"], self._c["id"]))

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "of":
            return self._c["subject_id"].in_(value)
        return super()._condition(name, value)


grants = GrantService()
