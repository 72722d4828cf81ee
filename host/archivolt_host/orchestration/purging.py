"""Takes out of a database all that a plugin left in it: counted, kept aside, dropped.

One database is one transaction. What was interrupted is simply done again: what is
gone already is not there to be counted.
"""

import json
import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import Row

from archivolt_host.plugins.metadata import PluginInfo
from archivolt_host.plugins.resolution import claim_the_same
from archivolt_host.tenants.columns import Base, CatalogBase
from archivolt_host.tenants.context import Place
from archivolt_host.tenants.migrations import Source, quoted
from archivolt_host.tenants.provisioning import Provisioner

VERSION = "alembic_version_"
CHUNK = 1000  # rows in memory at once
OF_RUNS = "name LIKE :names ESCAPE '!'"
OF_SCHEDULES = "source = :plugin OR runs LIKE :names ESCAPE '!'"
#: Where the host itself keeps rows for plugins: the table, and whose a row is. What
#: hangs on others comes before them: SQLite is migrated without foreign keys.
HELD = {
    "host_step": f"run_id IN (SELECT id FROM host_run WHERE {OF_RUNS})",  # noqa: S608 - ours
    "host_run": OF_RUNS,
    "host_job_attempt": f"job_id IN (SELECT id FROM host_job WHERE {OF_RUNS})",  # noqa: S608 - ours
    "host_job": OF_RUNS,
    "host_job_group": "callback LIKE :names ESCAPE '!'",
    "host_tick": f"schedule_id IN (SELECT id FROM host_schedule WHERE {OF_SCHEDULES})",  # noqa: S608 - ours
    "host_schedule": OF_SCHEDULES,
    "host_subscriber": "plugin = :plugin",
    "host_lane": "plugin = :plugin",
}


@dataclass(frozen=True)
class Remains:
    """What a plugin has in one database: rows by table, its own and the host's."""

    own: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    #: Why the plugin's own way down did not work, so that its tables were just dropped.
    no_way_down: str = ""

    def __bool__(self) -> bool:
        return bool(self.own or self.held)


class Purge:
    """The purge of one plugin, database by database."""

    def __init__(
        self, info: PluginInfo, source: Source | None, others: Sequence[PluginInfo]
    ) -> None:
        self.info = info
        self.source = source
        prefixes = {other.tables for other in others if other.tables}
        #: Tables of plugins whose prefix goes on where this one's ends.
        self._longer = tuple(p for p in prefixes if _goes_on(p, info.tables))
        self._declared = frozenset(_declared_by({other.id for other in others}))

    def inventory(self, provisioner: Provisioner, place: Place) -> Remains:
        """Count what is there."""
        with provisioner.migration(place) as connection:
            return self._remains(connection)

    def drop(
        self, provisioner: Provisioner, place: Place, export: Path | None
    ) -> Remains:
        """Keep the rows aside in ``export``, then take all of it out."""
        with provisioner.migration(place) as connection:
            remains = self._remains(connection)
            if export is not None and any(remains.own.values()):
                self._export(connection, remains.own, export)
            no_way_down = self._drop(connection, remains)
            provisioner.unmark(connection)
            return replace(remains, no_way_down=no_way_down)

    def _remains(self, connection: Connection) -> Remains:
        own = {name: _count(connection, name) for name in self._tables(connection)}
        there = set(inspect(connection).get_table_names())
        held = {
            name: rows
            for name, whose in HELD.items()
            if name in there and (rows := self._held(connection, name, whose))
        }
        return Remains(own, held)

    def _tables(self, connection: Connection) -> list[str]:
        version, names = self._version, sorted(inspect(connection).get_table_names())
        strange = (*_insides(connection), *self._left_by_others(names))
        return [
            name
            for name in names
            if name == version or (self._is_ours(name) and not name.startswith(strange))
        ]

    @property
    def _version(self) -> str:
        return f"{VERSION}{self.info.id}"

    def _left_by_others(self, names: Iterable[str]) -> Iterator[str]:
        """Yield how the tables of plugins begin that are there, installed or not."""
        for name in names:
            prefix = f"{name.removeprefix(VERSION)}_"
            if name.startswith(VERSION) and _goes_on(prefix, self.info.tables):
                yield prefix

    def _is_ours(self, table: str) -> bool:
        prefix = self.info.tables
        return (
            bool(prefix)
            and table.startswith(prefix)
            and not (self._longer and table.startswith(self._longer))
            and table not in self._declared
        )

    def _held(self, connection: Connection, table: str, whose: str) -> int:
        query = text(f"SELECT count(*) FROM {table} WHERE {whose}")  # noqa: S608 - ours
        return int(connection.scalar(query, self._words) or 0)

    @property
    def _words(self) -> Mapping[str, str]:
        """The plugin's name, and the pattern of names that begin with it."""
        pattern = self.info.id.replace("_", "!_")
        return {"plugin": self.info.id, "names": f"{pattern}.%"}

    def _export(
        self, connection: Connection, tables: Mapping[str, int], path: Path
    ) -> None:
        """Write every row as a line of JSON; the file is whole or not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with part.open("w", encoding="utf-8") as file:
            for table in tables:
                for row in _rows(connection, table):
                    line = {"table": table, "row": row._asdict()}
                    file.write(json.dumps(line, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _drop(self, connection: Connection, remains: Remains) -> str:
        """Let the plugin's own way down do it, if it can; then drop what it left."""
        no_way_down = self._go_down(connection, remains)
        cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
        for name in self._tables(connection):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted(name)}{cascade}")
        for table, whose in HELD.items():
            if table in remains.held:
                gone = text(f"DELETE FROM {table} WHERE {whose}")  # noqa: S608 - ours
                connection.execute(gone, self._words)
        return no_way_down

    def _go_down(self, connection: Connection, remains: Remains) -> str:
        """Take back the plugin's migrations, or return why that cannot be done."""
        if self.source is None or self._version not in remains.own:
            return ""
        try:
            self.source.downgrade(connection)
        except Exception as error:  # a migration may raise anything
            return f"{type(error).__name__}: {error}".rstrip(": ")
        return ""


def rivals(
    info: PluginInfo, others: Iterable[PluginInfo], loaded: Container[str]
) -> Iterator[str]:
    """Yield the plugins whose tables could be taken for this one's.

    Of one that is loaded it is known which tables it has.
    """
    for other in others:
        begins_it = bool(other.tables) and _goes_on(info.tables, other.tables)
        if claim_the_same(info, other) or (begins_it and other.id not in loaded):
            yield other.id


def _declared_by(plugins: Container[str]) -> Iterator[str]:
    """Yield the tables that the models of these plugins name."""
    for base in (Base, CatalogBase):
        for mapper in base.registry.mappers:
            package = mapper.class_.__module__.partition(".")[0]
            if package.removeprefix("archivolt_") in plugins:
                yield mapper.local_table.name  # type: ignore[attr-defined]


def _goes_on(longer: str, prefix: str) -> bool:
    return longer != prefix and longer.startswith(prefix)


def _insides(connection: Connection) -> tuple[str, ...]:
    """Return how the tables inside SQLite's virtual tables begin: they go along."""
    if connection.dialect.name != "sqlite":
        return ()
    virtual = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    )
    return tuple(f"{name}_" for (name,) in virtual)


def _count(connection: Connection, table: str) -> int:
    query = f"SELECT count(*) FROM {quoted(table)}"  # noqa: S608 - a name read from there
    return int(connection.exec_driver_sql(query).scalar() or 0)


def _rows(connection: Connection, table: str) -> Iterator[Row[tuple[object, ...]]]:
    query = text(f"SELECT * FROM {quoted(table)}")  # noqa: S608 - a name read from there
    yield from connection.execute(query, execution_options={"yield_per": CHUNK})
