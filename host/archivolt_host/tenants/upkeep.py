"""What a database wants now and then: a look for damage.

SQLite is given no statistics: they differ from tenant to tenant and from night to
night, and where a column is mostly NULL they turn its planner away from the index that
finds the few others. What tests and benchmarks hold of its plans holds everywhere.
"""

from sqlalchemy import Connection

from archivolt_host.errors import UnavailableError

NOT_TRUSTED = """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
"""


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
