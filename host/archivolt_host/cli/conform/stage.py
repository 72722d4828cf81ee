"""A throw-away deployment with the plugin under test, on for one tenant of two."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archivolt_host.cli.conform.checks import NotRunError
from archivolt_host.plugins.discovery import Discovered, discover, infos
from archivolt_host.plugins.metadata import PluginInfo
from archivolt_host.plugins.resolution import resolve

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.cli.conform.probing import Client
    from archivolt_host.http.edge import Edge
    from archivolt_host.tenants.context import Tenant
    from archivolt_host.tenants.home import Home

ADMIN, PASSWORD = "admin", "a password for a trial"
WITH, WITHOUT, OTHER = "with", "without", "other"


class Stage:
    """Opens, step by step, what the checks ask for."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.opened: Host | None = None
        self.servers = ExitStack()
        self._clients: dict[str, Client] = {}

    @cached_property
    def found(self) -> Discovered:
        """The plugin as it is installed."""
        return next(one for one in discover() if one.entry_point.name == self.name)

    @property
    def info(self) -> PluginInfo:
        """What it says about itself."""
        if self.found.info is None:
            raise NotRunError("Its plugin.toml cannot be read.")
        return self.found.info

    @cached_property
    def company(self) -> tuple[str, ...]:
        """The plugins of the trial: this one, those it needs, and the required ones."""
        known = infos(discover())
        chosen: dict[str, None] = {}
        wanted = [n for n, info in known.items() if info.required]

        def choose(name: str) -> None:
            for need in known[name].requires if name in known else ():
                if need not in chosen and need != name and need in known:
                    choose(need)
            chosen[name] = None

        for name in [*wanted, *self.info.after, self.name]:
            if name in known and name not in chosen:
                choose(name)
        return tuple(chosen)

    @cached_property
    def problem(self) -> str | None:
        """Why the plugin has no place among the others, if it has none."""
        from archivolt_host.plugins.manifest import read_manifest

        known = infos(discover())
        chosen = {name: known[name] for name in self.company}
        manifest = read_manifest(self.write_manifest(self.company))
        return resolve(chosen, manifest, {}).out.get(self.name)

    def write_manifest(self, plugins: Sequence[str]) -> Path:
        """Write a manifest that names these plugins, on for every tenant."""
        import tomlkit

        path = self.folder / "manifest.toml"
        tables = {
            "host": {"access_log": False, "sqlite_synchronous": "OFF"},
            "plugins": {name: {} for name in plugins},
            "defaults": {"enabled": list(plugins)},
        }
        path.write_text(tomlkit.dumps(tables), encoding="utf-8")
        return path

    @cached_property
    def home(self) -> "Home":
        """The folder of the trial."""
        from archivolt_host.tenants.home import Home

        return Home(self.folder / "home").prepare()

    @cached_property
    def host(self) -> "Host":
        """The open host; the plugin works in it. Its Valkey runs as in earnest."""
        from archivolt_host.app import open_host
        from archivolt_host.cli.conform import valkey
        from archivolt_host.cli.logging import configure
        from archivolt_host.cli.opening import prepare_catalog_database

        if self.problem:
            raise NotRunError(f"The plugin is out: {self.problem}")
        configure("critical", for_people=True)
        self.servers.enter_context(valkey.running(self.home))
        manifest = self.write_manifest(self.company)
        self.opened = open_host(self.home, manifest)
        prepare_catalog_database(self.opened)
        return self.opened

    def close(self) -> None:
        """Let go of the host, as when it is stopped; its home stays."""
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    @property
    def working(self) -> "Host":
        """The open host, in which the plugin is not out."""
        if reason := self.host.registry.out.get(self.name):
            raise NotRunError(f"The plugin is out: {reason}")
        return self.host

    @cached_property
    def app(self) -> "Edge":
        """The web application."""
        from archivolt_host.app import create_app

        return create_app(self.working)

    @property
    def tenants(self) -> dict[str, "Tenant"]:
        """Three tenants, in all of which the plugin works."""
        made = self._made
        if reason := self.host.registry.why_out(self.name, WITH):
            raise NotRunError(f"The plugin is out: {reason}")
        return made

    @cached_property
    def _made(self) -> dict[str, "Tenant"]:
        """Make the tenants; in ``without`` the plugin is off, if it can be."""
        from archivolt_host.orchestration.creation import CreateTenant
        from archivolt_host.plugins.switching import switch

        host = self.working
        for slug in (WITH, WITHOUT, OTHER):
            CreateTenant(slug, admin=ADMIN, password=PASSWORD).run()
        made = {slug: host.catalog.get(slug) for slug in (WITH, WITHOUT, OTHER)}
        if self.can_be_off:
            switch(host.registry, made[WITHOUT], self.name, False, ADMIN)
        return made

    @property
    def prefix(self) -> str:
        """How the names of the plugin's tables begin."""
        return self.info.tables or f"{self.name}_"

    @property
    def can_be_off(self) -> bool:
        """Whether a tenant can switch the plugin off."""
        return not self.info.required and self.info.scope == "tenant"

    def client(self, slug: str) -> "Client":
        """Return a client of a tenant's administrator."""
        from archivolt_host.cli.conform.probing import Client

        if slug not in self._clients:  # each sign-in would leave its traces
            tenant = self.tenants[slug]
            client = Client.signed_in(self.app, tenant.slug, ADMIN, PASSWORD)
            self._clients[slug] = client
        return self._clients[slug]

    @property
    def package(self) -> Path:
        """The folder of the plugin's code."""
        return self.working.registry.package_folder(self.name)

    @cached_property
    def routes(self) -> list[str]:
        """The plugin's own routes."""
        _ = self.app
        return list(self.working.registry.routes.get(self.name, []))


@contextmanager
def staged(name: str) -> Iterator[Stage]:
    """Set up a trial of an installed plugin, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory(prefix="archivolt-conform-") as folder:
        stage = Stage(name, Path(folder))
        try:
            yield stage
        finally:
            stage.close()
            stage.servers.close()
