"""The table of the rights domain."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from archivolt_host.kit.db import Base, UuidMixin

THE_ONE = UUID(int=0)


class Epoch(UuidMixin, Base):
    """A single row, whose token is another one after every change of rights.

    It is drawn at random: what was computed in a transaction that was rolled back, or
    before a backup was restored, is never taken for what is true now.
    """

    __tablename__ = "permissions_epoch"
    unaudited = "a token drawn anew at each change of what is audited"

    token: Mapped[UUID]
