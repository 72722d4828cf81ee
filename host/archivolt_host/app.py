"""Opens the host and builds the web application: manifest → plugins → HTTP edge."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy.engine import make_url

import archivolt_host
from archivolt_host import housekeeping
from archivolt_host.archives import importing
from archivolt_host.http import headers, health
from archivolt_host.http.bodies import Bodies
from archivolt_host.http.edge import Edge
from archivolt_host.http.forwarding import Proxies
from archivolt_host.http.gates import Addresses
from archivolt_host.http.limits import Limits
from archivolt_host.http.mounting import mount
from archivolt_host.http.stages import TenantStage
from archivolt_host.jobs import (
    parking,
    retention,
    rings,
    runnable,
    schedules,
    wake,
    wanted,
    worker,
)
from archivolt_host.jobs import registry as job_registry
from archivolt_host.jobs.registry import Jobs
from archivolt_host.jobs.valkey_address import valkey_url
from archivolt_host.orchestration import creation, watching
from archivolt_host.orchestration import registry as orchestrators
from archivolt_host.orchestration.registry import Orchestrators
from archivolt_host.plugins import dispatch, drivers, granting
from archivolt_host.plugins.manifest import Manifest, find_problems, read_manifest
from archivolt_host.plugins.manifest.model import ManifestError
from archivolt_host.plugins.registry import HOST, Registry, open_registry
from archivolt_host.plugins.resolution import SAFE_MODE
from archivolt_host.plugins.settings import resolve_secret
from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Place, SchemaPlace, SqlitePlace
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.migrations import Plan, Source
from archivolt_host.tenants.postgres import SchemaDatabases
from archivolt_host.tenants.provisioning import CATALOG_ROLE, Provisioner
from archivolt_host.tenants.scripts import unreadable
from archivolt_host.tenants.sessions import Databases
from archivolt_host.tenants.sqlite import SqliteDatabases

log = structlog.get_logger()

VERSION = "0.1.0"
CONNECT_TIMEOUT = "10"  # seconds
HOST_MIGRATIONS = Path(archivolt_host.__path__[0]) / "migrations"


@dataclass(frozen=True)
class Host:
    """An open host: its home, its manifest, its plugins and its tenants."""

    home: Home
    manifest: Manifest
    registry: Registry
    catalog: Catalog
    databases: Databases
    valkey_url: str

    @cached_property
    def provisioner(self) -> Provisioner:
        """What makes and migrates the tenants' databases."""
        url = str(self.manifest.host["catalog_url"])
        on_postgres = url.startswith("postgresql")
        own = Source(HOST, HOST_MIGRATIONS / "tenant", vital=True)
        return Provisioner(
            plan=Plan((own, *self._sources("tenant"))),
            templates=self.home.run,
            migrator_url=_migrator_url(self.manifest) if on_postgres else "",
            login_role=(make_url(url).username or "") if on_postgres else "",
        )

    @cached_property
    def catalog_provisioner(self) -> Provisioner:
        """What makes and migrates the catalog."""
        own = Source("catalog", HOST_MIGRATIONS / "catalog", vital=True)
        return Provisioner(
            plan=Plan((own, *self._sources("system"))),
            templates=self.home.run,
            migrator_url=self.provisioner.migrator_url,
            login_role=self.provisioner.login_role,
        )

    @cached_property
    def catalog_place(self) -> Place:
        """Where the catalog is."""
        return _catalog_place(self.home, self.manifest)

    def close(self) -> None:
        """Let go of databases and threads, so that another host may be opened here."""
        self.databases.dispose()
        rings.bell().close()
        wake.forget()
        watching.forget()
        wanted.forget()
        schedules.forget()
        parking.forget()

    def _sources(self, scope: str) -> list[Source]:
        """Return the migrations of the plugins of a scope; unreadable ones are out."""
        infos, names = self.registry.infos, self.registry.names
        found = [self._source(name) for name in names if infos[name].scope == scope]
        sources = [source for source in found if source.folder.is_dir()]
        for broken in unreadable(sources, self.home.run / f"scripts-{scope}"):
            reason = f"Its migrations cannot be read: {broken.problem}"
            self.registry.put_out(broken.name, reason)
        return [s for s in sources if s.name in self.registry.names]

    def _source(self, name: str) -> Source:
        folder = self.registry.package_folder(name) / "migrations"
        return Source(name, folder, frozenset(self.registry.infos[name].requires))


def open_host(
    home: Home | None = None, manifest: Manifest | Path | None = None
) -> Host:
    """Load the plugins of a manifest, read or not, and bind them to this process."""
    home = (home or Home()).prepare()
    if not isinstance(manifest, Manifest):
        manifest = read_manifest(manifest)
    registry = open_registry(manifest)
    manifest = registry.manifest
    databases = _databases(manifest)
    catalog = Catalog(home.tenants)
    url = rings_url(home, manifest)
    host = Host(home, manifest, registry, catalog, databases, url)
    _ = host.provisioner  # finds out whose migrations cannot be read
    registry.settle()
    runnable.put_out_unreadable(registry)
    _refuse_what_concerns_all(manifest, registry)
    _bind(host)
    return host


def rings_url(home: Home, manifest: Manifest) -> str:
    """Return the address of Valkey: the manifest's, or the embedded one's socket."""
    return valkey_url(home, str(manifest.host["valkey_url"]))


def _refuse_what_concerns_all(manifest: Manifest, registry: Registry) -> None:
    """Stop at a manifest that is wrong as a whole; ``strict`` stops at anything."""
    problems = find_problems(manifest, registry.infos)
    if manifest.host["strict"]:
        _refuse_what_is_out(registry)
    else:
        problems = [p for p in problems if p.plugin is None]
    if problems:
        raise ManifestError(problems)


def _refuse_what_is_out(registry: Registry) -> None:
    """Stop the start of a strict host; in safe mode plugins are meant to be out."""
    if os.environ.get(SAFE_MODE):
        return
    for name, reason in registry.out.items():
        log.error("plugin out", plugin=name, reason=reason)
    if registry.out:
        raise SystemExit("strict = true, and plugins are out: see above.")


def _databases(manifest: Manifest) -> Databases:
    url = str(manifest.host["catalog_url"])
    on_postgres = url.startswith("postgresql")
    threads = int(manifest.host["web_threads"])
    return Databases(
        SqliteDatabases(str(manifest.host["sqlite_synchronous"])),
        SchemaDatabases(_patient(url), threads) if on_postgres else None,
    )


def _migrator_url(manifest: Manifest) -> str:
    given = manifest.host["migrator_url"]
    url = resolve_secret(given) if given else str(manifest.host["catalog_url"])
    return _patient(url)


def _patient(url: str) -> str:
    """Return the address of a PostgreSQL, which is waited for, but not for minutes."""
    found = make_url(url).set(drivername="postgresql+psycopg")
    found = found.set(query={"connect_timeout": CONNECT_TIMEOUT, **found.query})
    return found.render_as_string(hide_password=False)


def _catalog_place(home: Home, manifest: Manifest) -> Place:
    if str(manifest.host["catalog_url"]).startswith("postgresql"):
        return SchemaPlace("public", CATALOG_ROLE)
    return SqlitePlace(home.catalog)


def _own_servers(host: Host) -> frozenset[str]:
    """Return the servers of the platform, which serve every plugin."""
    urls = (host.valkey_url, str(host.manifest.host["catalog_url"]))
    return frozenset(filter(None, (urlsplit(url).hostname for url in urls)))


def _bind(host: Host) -> None:
    sessions.bind(host.databases, host.catalog_place)
    dispatch.bind(host.registry)
    granting.bind(host.registry.grants, _own_servers(host))
    other_names = job_registry.aliases(host.manifest.host["queue_aliases"])
    job_registry.bind(Jobs(host.registry, housekeeping.OWN_JOBS, other_names))
    orchestrators.bind(Orchestrators(host.registry, housekeeping.OWN_ORCHESTRATORS))
    runnable.bind(housekeeping.OWN_SCHEDULES)
    rings.bind(rings.Bell(host.valkey_url))
    worker.bind(host.catalog)
    keep = host.manifest.host
    retention.bind(float(keep["keep_done_jobs"]), float(keep["keep_history"]))
    for one in (creation, importing):
        one.bind(lambda: host.catalog, lambda: host.provisioner)
    drivers.bind(host.home.path)
    host.catalog.on_change(host.registry.forget)
    host.registry.catalog_changed = lambda: host.catalog.refresh(force=True)


def secret_key(host: Host) -> str:
    """Return the deployment's secret: the manifest's, or the home's own."""
    given = host.manifest.host["secret_key"]
    return resolve_secret(given) if given else host.home.secret().hex()


def create_app(host: Host) -> Edge:
    """Return the web application of an open host, every plugin mounted."""
    settings = host.manifest.host
    app = Edge("archivolt")
    app.config.update(
        SECRET_KEY=secret_key(host),
        MAX_JSON=settings["max_json"],
        MAX_CONTENT_LENGTH=settings["max_body"],
        MAX_FORM_MEMORY_SIZE=settings["max_json"],
        PROPAGATE_EXCEPTIONS=False,
    )
    app.access_log = bool(settings["access_log"])
    app.tenant_stage = TenantStage(host.catalog, str(settings["domain"]))
    app.proxies = Proxies(Addresses(settings["trusted_proxies"]))
    app.limits = Limits(host.valkey_url, _limits(settings))
    app.https_only = settings["https"] == "required"
    app.bodies = Bodies(
        int(settings["web_threads"]), float(settings["body_stall_seconds"])
    )
    app.fixed_headers = headers.fixed()
    app.cross_origin = headers.allow_origins(app, settings["cors_origins"])
    dispatch.collect("extend_application", app=app)
    mount(app, host.registry, version=VERSION, extra=bool(settings["extra_mounts"]))
    if settings["strict"]:
        _refuse_what_is_out(host.registry)  # mounting has found out more
    health.bind(
        host.home,
        Addresses(settings["metrics_allow"]),
        multiprocess="PROMETHEUS_MULTIPROC_DIR" in os.environ,
    )
    return app


def _limits(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the presets of ``limit_...``, each under its own name."""
    names = [name for name in settings if name.startswith("limit_")]
    return {name.removeprefix("limit_"): settings[name] for name in names}
