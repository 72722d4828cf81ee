"""Fixtures for the tests of plugins: real hosts, real databases, no mocks.

Installed with the host, so pytest finds it by itself. A test says what it needs:

    @pytest.mark.plugins("core_identity", "example")   # exactly these are loaded
    @pytest.mark.settings(example={"limit": 3})        # and set like this
    @pytest.mark.placements                   # on SQLite, then on PostgreSQL
    def test_a_note_is_kept(client_as):
        admin = client_as("admin")
        assert admin.post("/vault/notes", json={"text": "hello"}).status_code == 201
        assert admin.get("/vault/notes").json["items"][0]["text"] == "hello"

Without marks a test gets ``core_identity`` alone, on SQLite. It brings
``core_permissions``, which it needs and which is required.

marks
    ``plugins(*names)``        the plugins on in the test's host, with those they need
    ``settings(**tables)``     their settings; ``host={...}`` sets the host's own
    ``manifest(**tables)``     anything else of the manifest, merged over the rest
    ``placements(*names)``     run in each placement: ``sqlite``, ``schema`` (both)

fixtures
    ``host``                   an open host on an empty home
    ``open_home``              opens one in the body: ``open_home(plugins=[...])``
    ``tenant``, ``two_tenants``, ``make_tenant``
    ``in_tenant``              work in a tenant as the system, in one transaction
    ``app``, ``client``        the web application, and a stranger's client
    ``client_as``              a client that has signed in: ``client_as("member")``
    ``run_jobs``               runs what is due, with the real worker: ``run_jobs()``
    ``events``                 what was told: ``events("document_created")``
    ``clock``                  moves time: ``clock.move(days=1)``; schedules come due
    ``kill_points``            kills a story at every commit, and has it recovered
    ``query_count``            counts SQL statements
    ``make_plugin``            writes and installs a throw-away plugin
    ``valkey``                 the address of a running Valkey, emptied for the test
    ``postgres``               a private PostgreSQL server
    ``placement``              the name of the placement under test

and ``unrecorded("UPDATE ...")``, SQL that arranges what no service would write
"""

import pytest

from archivolt_host.kit.testing.clients import app, archivolt_users, client, client_as
from archivolt_host.kit.testing.homes import host, open_home, placement, templates
from archivolt_host.kit.testing.importing import AsWritten
from archivolt_host.kit.testing.killing import kill_points
from archivolt_host.kit.testing.plugins import make_plugin
from archivolt_host.kit.testing.servers import postgres, valkey, valkey_server
from archivolt_host.kit.testing.telling import clock, events
from archivolt_host.kit.testing.tenants import (
    in_tenant,
    make_tenant,
    tenant,
    two_tenants,
)
from archivolt_host.kit.testing.unrecorded import unrecorded
from archivolt_host.kit.testing.working import query_count, run_jobs

PLACEMENTS = ("sqlite", "schema")
MARKS = (
    "plugins(*names): the plugins that the test's host has, with those they need",
    "settings(**tables): their settings, by plugin; host={...} for the host's own",
    "manifest(**tables): further tables of the manifest, merged over the others",
    "placements(*names): run the test in each of these placements, or in all",
)

__all__ = [
    "app",
    "archivolt_users",
    "client",
    "client_as",
    "clock",
    "events",
    "host",
    "in_tenant",
    "kill_points",
    "make_plugin",
    "make_tenant",
    "open_home",
    "placement",
    "postgres",
    "query_count",
    "run_jobs",
    "templates",
    "tenant",
    "two_tenants",
    "unrecorded",
    "valkey",
    "valkey_server",
]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Have the host imported as it is, from the first conftest.py on."""
    as_written = AsWritten()
    as_written.install()
    early_config.add_cleanup(as_written.remove)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, and spare the tests the cost of strong password hashes."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    _hash_cheaply()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each placement that its mark names."""
    mark = metafunc.definition.get_closest_marker("placements")
    if mark is not None and "placement" in metafunc.fixturenames:
        metafunc.parametrize("placement", mark.args or PLACEMENTS, indirect=True)


def _hash_cheaply() -> None:
    """Lower the defaults of argon2 for this process; each hash tells its own cost."""
    try:
        from argon2 import PasswordHasher
    except ImportError:
        return
    plain = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
    names = PasswordHasher.__init__.__code__.co_varnames[1:]
    defaults = PasswordHasher.__init__.__defaults__ or ()
    PasswordHasher.__init__.__defaults__ = tuple(
        plain.get(name, default) for name, default in zip(names, defaults, strict=False)
    )
