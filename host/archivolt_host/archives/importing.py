"""A tenant out of a file: made whole, or not at all."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from archivolt_hookspecs import host as specs
from archivolt_host.archives import holding, rows
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.exporting import TENANT
from archivolt_host.archives.keys import keys_held
from archivolt_host.archives.unpacking import Archive
from archivolt_host.errors import ArchivoltError
from archivolt_host.jobs import bus, wake
from archivolt_host.jobs.registry import jobs
from archivolt_host.orchestration.orchestrator import Orchestrator
from archivolt_host.orchestration.steps import Step
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.plugins.settings import SettingError, parse_sent
from archivolt_host.tenants import context, migrating, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Place, SchemaPlace, Tenant
from archivolt_host.tenants.migrations import Plan
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import ACTIVE

Progress = Callable[[str], object]

UNTOUCHED = "It only reads."
GOES_ALONG = "What was set goes with the name."
LAST = "Nothing comes after it."

_catalog: Callable[[], Catalog]
_provisioner: Callable[[], Provisioner]


def bind(
    catalog: Callable[[], Catalog], provisioner: Callable[[], Provisioner]
) -> None:
    """Make these the catalog and the maker of databases of this process."""
    global _catalog, _provisioner
    _catalog, _provisioner = catalog, provisioner


class ImportTenant(Orchestrator):
    """Bring a tenant back under a name of its own, in any placement, or not at all.

    The last step returns how many rows and files came, and what is left to do by hand.
    """

    scope = "system"
    unwritten = ("progress",)

    def __init__(
        self, path: str, slug: str, placement: str = "sqlite", progress: Any = None
    ) -> None:
        self.path = path
        self.slug = slug
        self.placement = placement
        self.progress = progress

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order they happen."""
        yield Step(
            "check", self.check, irreversible=UNTOUCHED, external=True, retries=0
        )
        yield Step("enter", self.enter, undo=self.leave)
        yield Step("fill", self.fill, undo=self.drop, external=True, retries=0)
        yield Step(
            "files", self.receive, undo=self.drop_files, external=True, retries=0
        )
        yield Step("settings", self.set, irreversible=GOES_ALONG, external=True)
        yield Step("activate", self.activate, irreversible=LAST, external=True)

    def check(self) -> None:
        """Refuse what cannot be brought back here, before anything is made."""
        self._archive.check()
        refuse_foreign(self._archive, _provisioner().plan)

    def enter(self) -> UUID:
        """Take the name; a used one is refused, and one whose database is there."""
        id = UUID(self._archive.head["id"])
        tenant = _catalog().add(self.slug, self.slug, self.placement, id)
        _provisioner().refuse_used(tenant.place)
        return tenant.id

    def leave(self) -> None:
        """Free the name."""
        _catalog().remove(self.slug)

    def fill(self) -> int:
        """Make the database, enter the rows in one transaction, and hold their jobs."""
        self.drop()  # what a crash has left
        old, new = UUID(self._archive.head["id"]), self._tenant.id
        count = fill(
            _provisioner(),
            self._tenant.place,
            self._archive,
            lambda id: new if id == old else id,
            self._show,
        )
        with context.acting(self._tenant), sessions.transaction():
            holding.hold()
        migrating.note(self.slug, _provisioner().plan.fingerprint, {})
        return count

    def drop(self) -> None:
        """Remove the database."""
        place = self._tenant.place
        sessions.databases().of(place).forget(place)
        _provisioner().drop(place)

    def receive(self) -> int:
        """Hand each file to the plugin that it belongs to."""
        count = 0
        with context.acting(self._tenant):
            for plugin, name, content in self._archive.files():
                self._show(name)
                dispatch.tell_one(
                    plugin, specs.receive_file.__name__, name=name, content=content
                )
                count += 1
        return count

    def drop_files(self) -> None:
        """Delete the files."""
        with context.acting(self._tenant):
            list(dispatch.ask_all(specs.drop_files.__name__))

    def set(self) -> list[str]:
        """Set what was set there; say what this deployment does not know."""
        notes: list[str] = []
        for plugin, values in self._archive.head.get("settings", {}).items():
            known, unknown = sorted_out(plugin, values)
            notes += unknown
            if known:
                overrides.write(self.slug, plugin, known, "import")
        for name in self._archive.head.get("domains", ()):
            try:
                _catalog().add_domain(self.slug, name)
            except ArchivoltError as refused:
                notes.append(str(refused))
        return notes

    def activate(self) -> dict[str, Any]:
        """Let requests in, and have built again what no archive holds."""
        begin_rebuilding(self.slug)
        _catalog().set_state(self.slug, ACTIVE)
        rebuild(self._tenant)
        counts = {name: self.outputs[name] for name in ("fill", "files")}
        with context.acting(self._tenant), sessions.reading():
            held = holding.said(self.slug)
        return {**counts, "notes": [*self.outputs["settings"], *held]}

    @property
    def _archive(self) -> Archive:
        return Archive(Path(self.path), TENANT)

    @property
    def _tenant(self) -> Tenant:
        return _catalog().in_any_state(self.outputs["enter"])

    def _show(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what)


def derived_of(slug: str) -> list[str]:
    """Return the plugins that are on here and build their data by themselves."""
    registry = dispatch.registry()
    registry.forget()
    on = [name for name in registry.wanted(slug) if name in registry.infos]
    return [name for name in on if registry.infos[name].derived]


def begin_rebuilding(slug: str) -> None:
    """Have what no archive holds count as missing until it is built."""
    for plugin in derived_of(slug):
        overrides.begin_catching_up(slug, plugin)


def rebuild(tenant: Tenant) -> None:
    """Have built what no archive holds, by jobs; wake the tenant's own up too."""
    with context.acting(tenant), sessions.transaction():
        for plugin in derived_of(tenant.slug):
            resync = jobs().get("host.resync")
            bus.enqueue(resync, plugin=plugin, unique=f"resync:{plugin}")
    wake.heat(tenant.id)


def sorted_out(
    plugin: str, values: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Part overrides that can be set here from those that cannot, and why."""
    info = dispatch.registry().infos.get(plugin)
    known, notes = {}, []
    for key, value in values.items():
        name = key.removeprefix(overrides.SETTING)
        try:
            if info is None:
                raise SettingError("it is not installed here.")
            if key != overrides.ENABLED:
                if name not in info.settings:
                    raise SettingError("there is no such setting here.")
                parse_sent(info.settings[name], value)
            known[key] = value
        except SettingError as error:
            notes.append(f"{plugin}.{name} is not set: {error}")
    return known, notes


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
