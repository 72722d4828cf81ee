"""``/vault/events``: news is replayed to those who may read it; lanes can be seen."""

import pytest

from archivolt_host.jobs import events, lanes
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.ids import uuid7

pytestmark = [pytest.mark.plugins("core_identity", "teller"), pytest.mark.placements]

SPECS = """
from uuid import UUID
from archivolt_hookspecs.markers import tells


@tells
def noted(note_id: UUID, words: str) -> None: ...
"""
TELLER = '''
from archivolt_hookspecs import hookimpl


class Plugin:
    """Answers for its own news."""

    @hookimpl
    def visible_events(self, events):
        return [e.position for e in events if e.arguments.get("words") == "for all"]

    @hookimpl
    def noted(self, note_id, words):
        if words == "bad":
            raise RuntimeError("not heard")
'''


@pytest.fixture(autouse=True)
def teller(make_plugin):
    make_plugin("teller", TELLER, hookspecs=SPECS)


@pytest.fixture(autouse=True)
def here(teller, tenant):
    with context.acting(tenant):
        yield tenant


def tell(*words):
    with sessions.transaction():
        for one in words:
            events.tell("noted", note_id=uuid7(), words=one)


def test_news_is_replayed_to_those_who_may_read_it(client_as, run_jobs):
    tell("for all", "for few", "for all", "for few", "for all")
    run_jobs()
    admin, member = client_as("admin"), client_as("member")
    seen = admin.get("/vault/events").json["items"]
    own = [one for one in seen if one["event"] == "noted"]
    at = [one["position"] for one in own]
    assert at == list(range(at[0], at[0] + 5))
    assert own[0]["event"] == "noted"
    assert own[0]["object"] == own[0]["arguments"]["note_id"]
    theirs = member.get("/vault/events?limit=2").json
    assert [one["position"] for one in theirs["items"]] == [at[0], at[2]]
    rest = member.get(f"/vault/events?limit=2&cursor={theirs['next']}").json
    assert [one["position"] for one in rest["items"]] == [at[4]]
    assert rest["next"] is None
    behind = member.get(f"/vault/events?after={at[2]}").json["items"]
    assert [one["position"] for one in behind] == [at[4]]
    assert member.get("/vault/events?after=-1").status_code == 400
    assert member.get("/vault/events?cursor=x").status_code == 400


def test_where_a_plugin_hangs_is_shown_and_can_be_tried_again(client_as, run_jobs):
    tell("bad", "good")
    run_jobs()
    admin, member = client_as("admin"), client_as("member")
    assert member.get("/vault/event-lanes").status_code == 403
    [lane] = admin.get("/vault/event-lanes?plugin=teller").json["items"]
    assert (lane["attempts"], lane["problem"]) == (1, "RuntimeError: not heard")
    address = f"/vault/event-lanes/{lane['id']}"
    assert admin.post(f"{address}/retry").status_code == 204
    run_jobs()
    [again] = admin.get("/vault/event-lanes").json["items"]
    assert again["attempts"] == 1
    assert admin.post(f"{address}/forget").status_code == 400
    assert admin.post(f"{address}/skip").status_code == 204
    run_jobs()
    assert admin.get("/vault/event-lanes").json["items"] == []
    assert admin.post(f"{address}/skip").status_code == 404
    assert lanes.MOST_ATTEMPTS > 1
