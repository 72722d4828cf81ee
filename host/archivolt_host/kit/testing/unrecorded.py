"""SQL with which a test arranges what no service would write."""

from typing import Any

from sqlalchemy import text


def unrecorded(statement: str) -> Any:
    """Return SQL that may write to audited tables, though nobody records it.

    ``work.connection.execute(unrecorded("UPDATE example_note SET ..."))``
    """
    from archivolt_host.tenants.recorded import RECORDED

    return text(statement).execution_options(**{RECORDED: True})
