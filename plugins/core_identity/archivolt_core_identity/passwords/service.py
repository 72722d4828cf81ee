"""Every database access of the passwords domain, and nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam

from archivolt_core_identity.passwords.models import Reset
from archivolt_host.kit.service import Service


class ResetService(Service[Reset]):
    """Resets that were asked for."""

    model = Reset
    kind = "Reset"
    sql_verbs = ("by_proof", "is_recent", "forget")

    def by_proof(self, proof: str) -> Reset | None:
        """Return the reset of a word's hash, or None."""
        return self._first(BY_PROOF, proof=proof)

    def is_recent(self, user_id: UUID, since: datetime) -> bool:
        """Return whether a user was sent a word since a moment."""
        query = self._sql.select.where(
            self._c["user_id"] == user_id, self._c["created_at"] > since
        )
        return self._first(query.limit(1)) is not None

    def forget(self, before: datetime) -> int:
        """Delete what expired before a moment."""
        return self._delete_where(self._c["expires_at"] < before)


BY_PROOF = ResetService._sql.select.where(
    ResetService._c["proof"] == bindparam("proof")
)

resets = ResetService()
