"""A tenant out of a file: made whole, or not at all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from archivolt_hookspecs import host as specs
from archivolt_host.archives import rows
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.keys import keys_held
from archivolt_host.archives.unpacking import Archive
from archivolt_host.errors import ArchivoltError
from archivolt_host.jobs import bus, wake
from archivolt_host.jobs.registry import jobs
from archivolt_host.orchestration.run import Orchestrator, Step
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.plugins.settings import SettingError, parse
from archivolt_host.tenants import context, migrating, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Place, SchemaPlace, Tenant
from archivolt_host.tenants.migrations import Plan
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import ACTIVE

Progress = Callable[[str], object]


@dataclass
class Imported:
    """What came out of an archive, and what is left to do by hand."""

    rows: int = 0
    files: int = 0
    notes: list[str] = field(default_factory=list)


class ImportTenant(Orchestrator):
    """Bring a tenant back under a name of its own, in any placement."""

    def __init__(
        self,
        catalog: Catalog,
        provisioner: Provisioner,
        archive: Archive,
        slug: str,
        *,
        placement: str,
        progress: Progress = lambda _: None,
    ) -> None:
        self.catalog = catalog
        self.provisioner = provisioner
        self.archive = archive
        self.slug = slug
        self.placement = placement
        self.progress = progress
        self.imported = Imported()
        self.tenant: Tenant | None = None

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order they happen."""
        yield Step("check", self.check)
        yield Step("enter", self.enter, undo=self.leave)
        yield Step("fill", self.fill, undo=self.drop)
        yield Step("files", self.receive_files, undo=self.drop_files)
        yield Step("settings", self.set)
        yield Step("activate", self.activate)

    def check(self) -> None:
        """Refuse what cannot be brought back here, before anything is made."""
        self.archive.check()
        refuse_foreign(self.archive, self.provisioner.plan)

    def enter(self) -> None:
        """Take the name; a used one is refused."""
        id = UUID(self.archive.head["id"])
        self.tenant = self.catalog.add(self.slug, self.slug, self.placement, id)

    def leave(self) -> None:
        """Free the name, if it was this run that took it."""
        if self.tenant is not None:
            self.catalog.remove(self.slug)

    def fill(self) -> None:
        """Make the database and enter the rows, in one transaction."""
        old, new = UUID(self.archive.head["id"]), self._entered.id
        self.imported.rows = fill(
            self.provisioner,
            self._entered.place,
            self.archive,
            lambda id: new if id == old else id,
            self.progress,
        )
        migrating.note(self.slug, self.provisioner.plan.fingerprint, {})

    def drop(self) -> None:
        """Remove the database."""
        sessions.databases().of(self._entered.place).forget(self._entered.place)
        self.provisioner.drop(self._entered.place)

    def receive_files(self) -> None:
        """Hand each file to the plugin that it belongs to."""
        with context.acting(self._entered):
            for plugin, name, content in self.archive.files():
                self.progress(name)
                dispatch.tell_one(
                    plugin, specs.receive_file.__name__, name=name, content=content
                )
                self.imported.files += 1

    def drop_files(self) -> None:
        """Delete the files."""
        with context.acting(self._entered):
            list(dispatch.ask_all(specs.drop_files.__name__))

    def set(self) -> None:
        """Set what was set there; what this deployment does not know is noted."""
        for plugin, values in self.archive.head.get("settings", {}).items():
            known = dict(self._known(plugin, values))
            if known:
                overrides.write(self.slug, plugin, known, "import")
        for name in self.archive.head.get("domains", ()):
            try:
                self.catalog.add_domain(self.slug, name)
            except ArchivoltError as refused:
                self.imported.notes.append(str(refused))

    def _known(
        self, plugin: str, values: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        info = dispatch.registry().infos.get(plugin)
        for key, value in values.items():
            name = key.removeprefix(overrides.SETTING)
            try:
                if info is None:
                    raise SettingError(f"{plugin} is not installed here.")
                if key != overrides.ENABLED:
                    parse(info.settings[name], value)
            except (SettingError, KeyError) as error:
                self.imported.notes.append(f"{plugin}.{name} is not set: {error}")
            else:
                yield key, value

    def activate(self) -> None:
        """Let requests in, and have built again what no archive holds."""
        behind = [
            name
            for name in dispatch.registry().wanted(self.slug)
            if dispatch.registry().infos[name].derived
        ]
        for plugin in behind:
            overrides.begin_catching_up(self.slug, plugin)
        self.catalog.set_state(self.slug, ACTIVE)
        with context.acting(self._entered), sessions.transaction():
            for plugin in behind:
                resync = jobs().get("host.resync")
                bus.enqueue(resync, plugin=plugin, unique=f"resync:{plugin}")
        wake.heat(self._entered.id)  # jobs may have come along

    @property
    def _entered(self) -> Tenant:
        if self.tenant is None:
            raise RuntimeError("The tenant has not been entered yet.")
        return self.tenant


def refuse_foreign(archive: Archive, plan: Plan) -> None:
    """Refuse rows of plugins, or of versions of them, that are not here."""
    sources = {source.name: source for source in plan.sources}
    for name, revision in archive.head["revisions"].items():
        if revision and name not in sources:
            raise ArchiveError(
                f"{archive.path} holds data of the plugin {name}, which is not loaded "
                f"here: install it and name it in the manifest."
            )
        if revision and not sources[name].knows(revision):
            raise ArchiveError(
                f"{archive.path} was made with a newer {name} (revision {revision}): "
                "upgrade it here first."
            )


def fill(
    provisioner: Provisioner,
    place: Place,
    archive: Archive,
    renamed: Callable[[UUID], UUID],
    progress: Progress,
) -> int:
    """Make a database as it was when the archive was made, enter the rows, upgrade."""
    plan, count = provisioner.plan, 0
    provisioner.create_empty(place)
    with provisioner.migration(place) as connection:
        plan.replay(connection, archive.head["revisions"])
        schema = place.schema if isinstance(place, SchemaPlace) else None
        known = rows.columns_of(connection, schema)
        with keys_held(connection):
            for table, content in archive.tables():
                progress(table)
                if table not in known:
                    raise ArchiveError(f"No plugin here has a table {table}.")
                lines = iter(content)
                header = rows.read_header(table, lines, known[table])
                count += rows.load(connection, header, lines, renamed)
        failed = plan.upgrade(connection).failed
        if failed:
            raise ArchiveError(f"Not to be migrated: {orjson.dumps(failed).decode()}")
    return count
