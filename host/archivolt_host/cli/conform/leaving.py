"""Check of the end: what a purge leaves behind. It is the last: the host is closed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, connect

from archivolt_host.cli.conform import valkey
from archivolt_host.cli.conform.checks import NotRunError, check
from archivolt_host.cli.conform.journey import journey
from archivolt_host.cli.conform.stage import Stage
from archivolt_host.orchestration import purging

#: History: who switched and did what stays, also when the plugin is gone.
HISTORY = ("override_log", "host_event")
JOURNAL = "record_changes"


@check(
    "purge",
    "Purged, it leaves no row, file, job, schedule, permission or Valkey key.",
    "Name its tables' prefix in [data] tables, and delete its files in drop_files.",
)
def purge(stage: Stage) -> Iterator[str]:
    """Take it out of the manifest, purge it as an operator does, and search."""
    if stage.info.required or stage.info.on_purge == "keep":
        raise NotRunError("It is required, or asks to keep its data: nobody purges it.")
    if rivals := _rivals(stage):
        raise NotRunError(f"Nobody could purge it beside {rivals}: see names.")
    files = journey(stage).files
    histories = (*HISTORY, *_journals(stage))
    stage.close()
    if problem := _purged(stage):
        yield problem
        return
    for path in _databases(stage):
        with closing(connect(path)) as database:
            yield from _rows(database, stage, path.stem, histories)
            yield from _orphans(database, path.stem)
    for path in sorted(path for path in files if path.exists()):
        yield f"The file {path.name} is still there: {path}"
    for key in valkey.strange_keys(stage.home, stage.name):
        yield f"The key {key} is still in Valkey."


def _rivals(stage: Stage) -> str:
    """Name the plugins whose tables would have to be taken for its own."""
    infos = stage.host.registry.infos.values()
    others = [info for info in infos if info.id != stage.name]
    return ", ".join(sorted(purging.rivals(stage.info, others, stage.company)))


def _journals(stage: Stage) -> list[str]:
    """Return how the tables of the journal begin, whosever it is."""
    infos = stage.host.registry.infos.values()
    return [i.tables for i in infos if JOURNAL in i.guards and i.id != stage.name]


def _purged(stage: Stage) -> str | None:
    """Run the command; return what it complains of."""
    others = [name for name in stage.company if name != stage.name]
    own = {
        "ARCHIVOLT_HOME": str(stage.home.path),
        "ARCHIVOLT_MANIFEST": str(stage.write_manifest(others)),
    }
    words = ("plugins", "purge", stage.name, "--yes", "--no-export")
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "archivolt_host.cli", *words],
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else f"Purging ends with: {done.stderr.strip()}"


def _databases(stage: Stage) -> list[Path]:
    return [stage.home.catalog, *sorted(stage.home.tenants.glob("*.db"))]


def _rows(
    database: Connection, stage: Stage, where: str, histories: tuple[str, ...]
) -> Iterator[str]:
    """Name the tables that carry the plugin's name, and the rows that mention it."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    for (table,) in database.execute(tables).fetchall():
        if table.startswith(stage.prefix) or table == f"alembic_version_{stage.name}":
            yield f"{where}: the table {table} is still there."
        elif not table.startswith(histories):
            for column in _naming(database, table, stage.name):
                yield f"{where}: {table} still names it in {column}."


def _orphans(database: Connection, where: str) -> Iterator[str]:
    """Name the rows that belonged to rows of the plugin."""
    for table, _, parent, _ in database.execute("PRAGMA foreign_key_check"):
        yield f"{where}: {table} still has rows of {parent} that are gone."


def _naming(database: Connection, table: str, plugin: str) -> Iterator[str]:
    """Return the columns with the plugin's name, or a name that begins with it."""
    for _, column, *_ in database.execute(f'PRAGMA table_info("{table}")').fetchall():
        query = (
            f'SELECT 1 FROM "{table}" '  # noqa: S608 - names that the database gave us
            f'WHERE "{column}" = ? OR "{column}" GLOB ? LIMIT 1'
        )
        if database.execute(query, (plugin, f"{plugin}.*")).fetchone():
            yield column
