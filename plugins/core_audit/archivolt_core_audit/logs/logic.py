"""The words that other products have for entries. Knows no SQL and no HTTP."""

from typing import Any

from archivolt_core_audit.journal.logic import shown
from archivolt_core_audit.journal.models import Entry


def as_log(entry: Entry) -> dict[str, Any]:
    """Return an entry as an audit log."""
    row = shown(entry)
    old, new = row["before"] or {}, row["after"] or {}
    metadata = {f"old_{name}": value for name, value in old.items()}
    metadata |= {f"new_{name}": value for name, value in new.items()}
    return {
        **{name: row[name] for name in ("id", "actor", "action", "user_agent")},
        "target": row["object"],
        "metadata": metadata,
        "ip_address": row["address"],
        "timestamp": row["at"],
    }
