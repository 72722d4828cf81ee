"""What all tests of the repository share."""

import sys

import pytest
from hypothesis import settings

# The same inputs each time, however slow the machine; `make search` tries new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("same")

REMEMBERING = {"opening": ("manifest",), "declared": ("commands",)}
QUICK = ("tests/isolation/", "tests/journeys/")  # tenants apart, and the main job


# Where no byte code is written, pytest would rewrite all tests anew in each process.
_unwritten, sys.dont_write_bytecode = sys.dont_write_bytecode, False


def pytest_collection_finish():
    """Leave what tests import later, and write themselves, as it was."""
    sys.dont_write_bytecode = _unwritten


def pytest_collection_modifyitems(items):
    """Leave PostgreSQL to ``make test-slow``, but for what must never break.

    Every such test runs on SQLite in ``make test``; CI runs both.
    """
    for item in items:
        call = getattr(item, "callspec", None)
        on_postgres = call is not None and call.params.get("placement") == "schema"
        if on_postgres and not item.nodeid.startswith(QUICK):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _commands_end():
    """Let no command read the manifest that a test before it has had read."""
    yield
    for name, functions in REMEMBERING.items():
        if module := sys.modules.get(f"archivolt_host.cli.{name}"):
            for function in functions:
                getattr(module, function).cache_clear()
