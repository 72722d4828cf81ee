from pathlib import Path

import pytest

NOTES = Path(__file__).parents[1] / "host" / "tests" / "notes"


@pytest.fixture
def notes(make_plugin):
    """Install the plugin ``notes``: a table, routes and jobs."""
    first = "migrations/0001_first.py"
    code, files = (NOTES / "plugin.py").read_text(), (NOTES / first).read_text()
    return make_plugin("notes", code, files={first: files})
