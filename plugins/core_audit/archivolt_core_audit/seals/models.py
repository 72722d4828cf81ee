"""The tables of seals. The database itself refuses to change or delete a row."""

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin

CHAIN = "seals the journal: it follows from it"


class Link(UuidMixin, Base):
    """An entry's place in the chain, under the entry's own id.

    ``hash`` is that of the link before and ``digest``, the hash of the entry.
    """

    __tablename__ = "audit_link"
    unaudited = CHAIN

    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Seal(UuidMixin, Base):
    """A signed statement of the chain's head, as it was given away."""

    __tablename__ = "audit_seal"
    unaudited = CHAIN

    number: Mapped[int] = mapped_column(unique=True)
    to_seq: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[str] = mapped_column(Text)
