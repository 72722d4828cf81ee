"""What all tests of the repository share."""

import pytest

QUICK = ("tests/isolation/", "tests/journeys/")  # tenants apart, and the main job


def pytest_collection_modifyitems(items):
    """Leave PostgreSQL to ``make test-slow``, but for what must never break.

    Every such test runs on SQLite in ``make test``; CI runs both.
    """
    for item in items:
        call = getattr(item, "callspec", None)
        on_postgres = call is not None and call.params.get("placement") == "schema"
        if on_postgres and not item.nodeid.startswith(QUICK):
            item.add_marker(pytest.mark.slow)
