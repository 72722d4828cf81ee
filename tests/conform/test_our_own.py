"""Our own plugins go through the same door as a stranger's."""

from pathlib import Path

import pytest

from archivolt_host.plugins.discovery import discover

OURS = sorted(one.entry_point.name for one in discover())


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_it_keeps_every_promise(conform, name):
    found = conform(name)
    assert found.conforms, found.failed


def test_all_of_ours_are_asked():
    folders = Path(__file__).resolve().parents[2].glob("plugins/*/pyproject.toml")
    assert {path.parent.name for path in folders} <= set(OURS)
