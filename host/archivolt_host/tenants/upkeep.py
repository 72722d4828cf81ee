"""What a database wants now and then: a look at its indexes, and one for damage."""

from sqlalchemy import Connection

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants import sessions

ITSELF = "PostgreSQL sees to that itself."
NOT_TRUSTED = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
"""


def optimize() -> str:
    """Renew what the planner knows, where much has changed."""
    connection = sessions.connection()
    if not is_sqlite(connection):
        return ITSELF
    connection.exec_driver_sql("PRAGMA optimize")
    return "looked at"


def check() -> str:
    """Raise UnavailableError where a database is damaged; nobody waits meanwhile."""
    with sessions.reading() as work:
        if is_sqlite(work.connection):
            return _sound(work.connection, "PRAGMA quick_check(1)", "ok")
        return _sound(work.connection, NOT_TRUSTED, "")


def _sound(connection: Connection, question: str, good: str) -> str:
    said = connection.exec_driver_sql(question).scalar() or ""
    if said != good:
        raise UnavailableError(
            f"The database is damaged ({said}): stop Archivolt and restore a backup."
        )
    return "sound"


def is_sqlite(connection: Connection) -> bool:
    """Return whether that is one of SQLite."""
    return connection.dialect.name == "sqlite"
