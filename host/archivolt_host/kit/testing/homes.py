"""Open hosts on temporary homes, quickly and one after the other."""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archivolt_host.kit.testing.importing import set_aside
from archivolt_host.kit.testing.manifests import marked, written
from archivolt_host.kit.testing.postgres import Database, Postgres

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.tenants.provisioning import Provisioner


@pytest.fixture
def placement(request: pytest.FixtureRequest) -> str:
    """The placement under test: ``sqlite``, or ``schema`` on PostgreSQL."""
    return str(getattr(request, "param", "sqlite"))


class Templates:
    """Finished databases, kept from one test to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lend(self, provisioner: "Provisioner") -> None:
        """Put the template in place, where an earlier test has made it."""
        kept = self._kept(provisioner)
        if kept.exists():
            shutil.copyfile(kept, provisioner.template_path)

    def take(self, provisioner: "Provisioner") -> None:
        """Keep the template for later tests."""
        made, kept = provisioner.template_path, self._kept(provisioner)
        if made.exists() and not kept.exists():
            shutil.copyfile(made, kept)

    def _kept(self, provisioner: "Provisioner") -> Path:
        # By what they say, not by where they are: a plugin that a test throws away
        # is written anew for each test, into a folder of its own.
        key = sha256(provisioner.plan.fingerprint.encode())
        for source in provisioner.plan.sources:
            for script in sorted(source.folder.glob("*.py")):
                key.update(script.read_bytes())
        return self._folder / f"{key.hexdigest()[:20]}.db"


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Templates of databases for all tests of this process."""
    return Templates(tmp_path_factory.mktemp("templates"))


class OpenHome:
    """Opens hosts; the last one opened is the one that the other fixtures work with.

    ``open_home(plugins=["example"], settings={"example": {"limit": 3}})``; a second
    call with the same ``name`` opens the same home again, as after a restart.
    """

    def __init__(
        self,
        folder: Path,
        templates: Templates,
        tables: Mapping[str, Any],
        postgres: Postgres | None,
    ) -> None:
        self._folder = folder
        self._templates = templates
        self._tables = tables
        self._postgres = postgres
        self._databases: dict[str, Database] = {}
        self._opened = ExitStack()
        self._current: Host | None = None
        self._fresh: Database | None = None

    @property
    def current(self) -> "Host":
        """The host that was opened last."""
        return self._current or self()

    def __call__(
        self,
        name: str = "home",
        *,
        plugins: Sequence[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        manifest: Mapping[str, Any] | None = None,
    ) -> "Host":
        """Open a host; what is not given is as the test's marks say."""
        from archivolt_host.app import open_host
        from archivolt_host.tenants.home import Home

        self.close()
        _log_plainly()
        home = Home(self._folder / name).prepare()
        tables = written(self._tables, plugins, settings or {}, manifest or {})
        own = {"valkey_url": f"unix://{home.run}/valkey.sock", **self._places(name)}
        tables["host"] = {**own, **tables.get("host", {})}
        path = self._folder / f"{name}.toml"
        path.write_text(_toml(tables))
        host = open_host(home, path)
        self._current = host
        self._prepare(host)
        return host

    def close(self) -> None:
        """Close the host that is open, and what it left in this process."""
        if self._current is not None:
            for provisioner in _provisioners(self._current):
                self._templates.take(provisioner)
            self._current.close()
            self._current = None

    def leave(self) -> None:
        """Close everything and drop the databases."""
        self.close()
        self._opened.close()
        set_aside()

    def _prepare(self, host: "Host") -> None:
        from archivolt_host.cli.opening import prepare_catalog_database
        from archivolt_host.tenants.context import SqlitePlace

        for provisioner in _provisioners(host):
            self._templates.lend(provisioner)
        place = host.catalog_place
        if not isinstance(place, SqlitePlace):
            self._prepare_on_postgres(host)
        elif place.path.exists():
            prepare_catalog_database(host)
        else:
            host.catalog_provisioner.create(place)

    def _prepare_on_postgres(self, host: "Host") -> None:
        """Migrate the catalog, unless the database came with it, whole."""
        from archivolt_host.cli.opening import prepare_catalog_database

        fresh, self._fresh = self._fresh, None
        is_plain = len(host.catalog_provisioner.plan.sources) == 1
        if fresh is None or fresh.is_blank or not is_plain:
            prepare_catalog_database(host)
        if fresh is not None and is_plain and self._postgres is not None:
            self._postgres.keep(fresh)

    def _places(self, name: str) -> dict[str, str]:
        """Return the host's settings for PostgreSQL, where that is under test."""
        if self._postgres is None:
            return {}
        if name not in self._databases:
            self._fresh = self._databases[name] = self._postgres.database()
            self._opened.callback(self._postgres.drop, self._fresh)
        return {
            "catalog_url": self._databases[name].login_url,
            "migrator_url": self._databases[name].migrator_url,
            "default_placement": "schema",
        }


def _log_plainly() -> None:
    """Print each line of the log as JSON, to whatever pytest captures."""
    import structlog

    from archivolt_host.cli.logging import Lines

    structlog.reset_defaults()  # a command that ran before may have raised the level
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=lambda *_: Lines(),
        cache_logger_on_first_use=False,
    )


def _provisioners(host: "Host") -> Sequence["Provisioner"]:
    return host.provisioner, host.catalog_provisioner


def _toml(tables: Mapping[str, Any]) -> str:
    import tomlkit

    return tomlkit.dumps(tables)


@pytest.fixture
def open_home(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    templates: Templates,
    placement: str,
) -> Iterator[OpenHome]:
    """What opens hosts in the body of a test.

    ``host = open_home(plugins=["core_identity", "example"])``
    """
    server = request.getfixturevalue("postgres") if placement == "schema" else None
    tables = marked(request)
    opener = OpenHome(tmp_path, templates, tables, server)
    yield opener
    opener.leave()


@pytest.fixture
def host(open_home: OpenHome) -> "Host":
    """An open host on an empty home, with the plugins of ``@pytest.mark.plugins``."""
    return open_home()
