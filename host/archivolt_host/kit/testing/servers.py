"""The servers that tests run against: a Valkey and a PostgreSQL, both private."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archivolt_host.kit.testing.keeping import Kept
from archivolt_host.kit.testing.postgres import Postgres

PATIENCE = 60.0  # seconds for a server to start


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition; that it never comes true is an error."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Still not so after {seconds} s: {condition}")
        time.sleep(0.01)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """The address of the embedded Valkey, started once for all tests."""
    from archivolt_host.cli.run import valkey as embedded
    from archivolt_host.jobs import valkey_address as address
    from archivolt_host.tenants.home import Home

    with tempfile.TemporaryDirectory(prefix="archivolt-") as folder:
        home = Home(folder).prepare()
        words = embedded.valkey(home).target
        assert not callable(words)  # noqa: S101 - Valkey is a program
        server = Kept(words, log=home.logs / "valkey.out")
        try:
            path = address.socket_path(home)
            wait_until(lambda: embedded.answers(path))
            yield address.valkey_url(home)
        finally:
            server.stop()


@pytest.fixture
def valkey(valkey_server: str) -> str:
    """The address of a Valkey that holds nothing; the test's host rings there.

    Without this fixture a host's Valkey is down: jobs are found all the same.
    """
    from archivolt_host.jobs import rings

    with rings.connect(valkey_server) as connection:
        connection.flushall()
    return valkey_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private PostgreSQL; ``postgres.database()`` makes an empty database in it."""
    with tempfile.TemporaryDirectory(prefix="archivolt-pg-") as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
