"""Which migration scripts can be read; Alembic takes a tenth of a start to find out.

What was read well is noted in a file, and read again once a script has changed.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from archivolt_host.tenants.migrations import Source

_read: set[str] = set()  # by this process, for whichever home


def unreadable(sources: Sequence[Source], note: Path) -> list[Source]:
    """Return the sources whose scripts cannot be read."""
    state = _state(sources)
    if note.exists() and note.read_text() == state:
        return []
    if state not in _read:
        if broken := [source for source in sources if source.problem]:
            return broken
        _read.add(state)
    note.write_text(state)
    return []


def _state(sources: Sequence[Source]) -> str:
    """Return what changes with any of the scripts, without reading them."""
    found = [
        (source.name, str(script), script.stat().st_mtime_ns, script.stat().st_size)
        for source in sources
        for script in sorted(source.folder.glob("*.py"))
    ]
    return hashlib.sha256(repr(found).encode()).hexdigest()
