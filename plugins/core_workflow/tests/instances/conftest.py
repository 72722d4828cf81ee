"""What the tests of instances share: where one stands, and events for it."""

import pytest


@pytest.fixture
def at(people):
    """Return the nodes at which an instance stands, or how it ended."""

    def look(instance):
        path = f"/vault/workflow/instances/{instance['id']}"
        shown = people("admin").get(path).json
        return sorted(token["node"] for token in shown["tokens"]) or shown["outcome"]

    return look


@pytest.fixture
def happen(people):
    """Let an event happen."""

    def go(instance, event, by="admin", **more):
        path = f"/vault/workflow/instances/{instance['id']}/events"
        return people(by).post(path, json={"event": event, **more})

    return go
