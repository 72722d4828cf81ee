"""Every database access of the keys domain, and nothing else."""

from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from archivolt_core_identity.keys.models import Key
from archivolt_core_identity.users.models import User
from archivolt_host.kit.service import Service

USER: Table = User.__table__  # type: ignore[assignment]
KEY: Table = Key.__table__  # type: ignore[assignment]


class KeyService(Service[Key]):
    """Keys of the current tenant's users."""

    model = Key
    kind = "Key"
    sorts = ("created_at", "name")
    sql_verbs = ("holder",)

    def holder(self, id: UUID) -> Any:
        """Return what decides whether a key is good, its user included, or None."""
        return self.connection.execute(HOLDER, {"id": id}).first()


HOLDER = (
    select(
        KEY.c.proof,
        KEY.c.limits,
        KEY.c.expires_at,
        KEY.c.revoked_at,
        USER.c.id.label("user_id"),
        USER.c.username,
        USER.c.group_ids,
        USER.c.state,
    )
    .join(USER, USER.c.id == KEY.c.user_id)
    .where(KEY.c.id == bindparam("id"))
)

keys = KeyService()
