"""Every database access of the factors domain, and nothing else."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam

from archivolt_core_identity.factors.models import Factor
from archivolt_host.kit.service import Service


class FactorService(Service[Factor]):
    """Second factors of the current tenant's users."""

    model = Factor
    kind = "Factor"
    sql_verbs = ("of",)

    def of(self, user_id: UUID) -> Factor | None:
        """Return a user's factor, confirmed or not, or None."""
        return self._first(OF, user_id=user_id)


OF = FactorService._sql.select.where(
    FactorService._c["user_id"] == bindparam("user_id", type_=Uuid())
)

factors = FactorService()
