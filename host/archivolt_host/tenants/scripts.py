"""Which migration scripts can be read; Alembic takes a tenth of a start to find out.

What was read well is noted in a file, and read again once a script has changed.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from archivolt_host.tenants.migrations import Source


def unreadable(sources: Sequence[Source], note: Path) -> list[Source]:
    """Return the sources whose scripts cannot be read."""
    state = _state(sources)
    if note.exists() and note.read_text() == state:
        return []
    broken = [source for source in sources if source.problem]
    if not broken:
        note.write_text(state)
    return broken


def _state(sources: Sequence[Source]) -> str:
    """Return what changes with any of the scripts, without reading them."""
    found = [
        (source.name, str(script), script.stat().st_mtime_ns, script.stat().st_size)
        for source in sources
        for script in sorted(source.folder.glob("*.py"))
    ]
    return hashlib.sha256(repr(found).encode()).hexdigest()
