"""Column types that mean the same on SQLite and PostgreSQL, and the model bases."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, MetaData, String, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from archivolt_host.tenants.ids import uuid7

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def _clock() -> datetime:
    return datetime.now(UTC)  # looked up each time, for tests that freeze it


def now() -> datetime:
    """Return this moment in UTC; the clock of the test kit puts itself here."""
    return _clock()


class Timestamp(TypeDecorator[datetime]):
    """A moment in UTC. A naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Return what cursors give their values back as."""
        return datetime

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        return _in_utc(value)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give SQLite's naive times their zone back; PostgreSQL's become UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Return what writes a value; SQLite's own way takes five times as long."""
        return _write_text if _is_text(dialect) else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what reads a value; a page of fifty has a hundred of them."""
        if _is_text(dialect):
            return _read_text
        return super().result_processor(dialect, coltype)


def _is_text(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC)


def _write_text(value: datetime | None) -> str | None:
    """Write a moment as SQLAlchemy does, so that texts sort like times."""
    if value is None:
        return None
    return _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


def _read_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


TYPES: dict[Any, Any] = {datetime: Timestamp(), UUID: Uuid()}


UNAUDITED = "unaudited"
MACHINERY = "the host's own machinery: what it does is not done by anybody"


class Base(DeclarativeBase):
    """Base class of every table that a tenant has.

    Each change of a row is recorded, unless the model says in ``unaudited`` why not: as
    its rows follow from others that are. Columns marked ``info={"audit": "secret"}``
    are never in a record; a change of those marked ``"derived"`` alone makes none.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES
    unaudited: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Note on the table whether its changes are recorded."""
        super().__init_subclass__(**options)
        if "__tablename__" in cls.__dict__:
            own = cls.__module__.startswith("archivolt_host.")
            reason = MACHINERY if own else cls.unaudited
            cls.metadata.tables[cls.__tablename__].info[UNAUDITED] = reason


class CatalogBase(DeclarativeBase):
    """Base class of the few tables that all tenants share."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class UuidMixin:
    """An id that sorts by creation, made by the program rather than the database."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class TimesMixin:
    """When a row was made and last changed by a user."""

    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class RevisionMixin:
    """A counter of changes by users: two writers cannot overwrite each other."""

    revision: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy passes the class
        """Let every UPDATE through the ORM check and bump the revision."""
        return {"version_id_col": cls.revision}


class StateMixin:
    """A named state, moved only along the declared transitions."""

    TRANSITIONS: ClassVar[dict[str, tuple[str, ...]]] = {}

    state: Mapped[str] = mapped_column(String(32))

    def may_become(self, state: str) -> bool:
        """Return whether the declared transitions lead from here to ``state``."""
        return state in self.TRANSITIONS.get(self.state, ())


class LoggableMixin:
    """Says how an object is named in logs and audit rows."""

    def log_fields(self) -> dict[str, Any]:
        """Return the kind and id of this object, and its title where it has one."""
        fields = {"kind": type(self).__name__.lower(), "id": str(self.id)}  # type: ignore[attr-defined]
        title = getattr(self, "title", None)
        return fields | ({"title": title} if title else {})
