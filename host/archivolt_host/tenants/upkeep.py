"""What a database wants now and then: a look at its indexes, and one for damage."""

from sqlalchemy import Connection

from archivolt_host.errors import UnavailableError

ITSELF = "PostgreSQL sees to that itself."
NOT_TRUSTED = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
"""


def optimize(connection: Connection) -> str:
    """Renew what the planner knows, where much has changed."""
    if not _is_sqlite(connection):
        return ITSELF
    connection.exec_driver_sql("PRAGMA optimize")
    return "looked at"


def check(connection: Connection) -> str:
    """Raise UnavailableError where a database is damaged."""
    on_sqlite = _is_sqlite(connection)
    question = "PRAGMA quick_check(1)" if on_sqlite else NOT_TRUSTED
    said = connection.exec_driver_sql(question).scalar() or ""
    if said != ("ok" if on_sqlite else ""):
        raise UnavailableError(
            f"The database is damaged ({said}): stop Archivolt and restore a backup."
        )
    return "sound"


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
