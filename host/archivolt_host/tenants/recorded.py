"""Refuses writes that nobody records: a tripwire below every statement.

The verbs of a service record what they write, and mark their statements so. Whatever
else writes to a table whose changes are to be recorded never reaches the database,
whether it was written with SQLAlchemy or by hand.
"""

import re
from functools import lru_cache
from typing import Any

from archivolt_host.tenants.columns import UNAUDITED, Base

#: The execution option of a statement whose effect is recorded.
RECORDED = "archivolt_recorded"

#: The tables that were to be written unrecorded since the process began.
refused: set[str] = set()

COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
WRITE = re.compile(
    r"\b(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?"
    r"|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)\s+(?:ONLY\s+)?"
    r"""(?:["'`\[]?\w+["'`\]]?\s*\.\s*)?["'`\[]?(\w+)""",
    re.IGNORECASE,
)


class UnrecordedWriteError(RuntimeError):
    """A statement would have changed what is audited, and nobody would know."""


def refuse_unrecorded(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, run: Any, _: Any
) -> None:
    """Let a statement through unless it writes to an audited table unrecorded."""
    if statement[:6] == "SELECT" or run.execution_options.get(RECORDED):
        return
    for table in written(statement):
        if is_audited(table):
            refused.add(table)
            raise UnrecordedWriteError(
                f"{table} was to be written without a record. Use the verbs of its "
                "Service (create, update, delete, bulk_*, or _update_where and "
                "_delete_where for sets of rows), or say on its model why nobody needs "
                'to know: unaudited = "...".'
            )


@lru_cache(maxsize=4096)
def written(statement: str) -> frozenset[str]:
    """Return the tables that a statement writes to."""
    return frozenset(WRITE.findall(COMMENT.sub(" ", statement)))


def is_audited(name: str) -> bool:
    """Return whether changes of a table are to be recorded."""
    table = Base.metadata.tables.get(name)
    return table is not None and not table.info[UNAUDITED]
