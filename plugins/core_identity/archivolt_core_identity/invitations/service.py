"""Every database access of the invitations domain, and nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam

from archivolt_core_identity.invitations.models import Invitation
from archivolt_host.kit.service import Service


class InvitationService(Service[Invitation]):
    """Invitations of the current tenant."""

    model = Invitation
    kind = "Invitation"
    sorts = ("created_at",)
    sql_verbs = ("find", "by_proof", "forget")

    def find(self, id: UUID) -> Invitation | None:
        """Return an invitation, or None."""
        return self._first(self._sql.get, id=id)

    def by_proof(self, proof: str) -> Invitation | None:
        """Return the invitation of a word's hash, or None."""
        return self._first(BY_PROOF, proof=proof)

    def forget(self, before: datetime) -> int:
        """Delete those whose time was over before a moment; return how many."""
        return self._delete_where(self._c["expires_at"] < before)


BY_PROOF = InvitationService._sql.select.where(
    InvitationService._c["proof"] == bindparam("proof")
)

invitations = InvitationService()
