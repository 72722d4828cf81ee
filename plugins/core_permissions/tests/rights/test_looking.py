"""Rights cost little: they are looked up once for all that a transaction asks."""

import pytest
from sqlalchemy import Engine, event

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def looks(asked):
    return sum("permissions_epoch" in text for text in asked.statements)


@pytest.fixture
def savepoints():
    """The savepoints that were set since the test began."""
    found = []

    def note(_, name):
        found.append(name)

    event.listen(Engine, "savepoint", note)
    yield found
    event.remove(Engine, "savepoint", note)


def test_a_write_looks_before_it_begins_and_once_inside(owner, query_count, savepoints):
    owner.upload("first")
    savepoints.clear()
    with query_count() as asked:
        owner.upload("second")
    assert looks(asked) == 2
    assert savepoints == []


def test_a_read_looks_once(owner, outsider, query_count):
    folder = owner.folder("Shared")
    owner.grant("guest", user=outsider.id, scope=folder)
    for person in (owner, outsider):
        with query_count() as asked:
            person.get(f"/folders/{folder}")
        assert looks(asked) == 1
