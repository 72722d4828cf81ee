"""``/vault/events``: news is replayed to those who may read it; lanes can be seen."""

import random
import threading
import time

import pytest
from sqlalchemy import update

from archivolt_host.jobs import events, lanes, positions
from archivolt_host.jobs.event_models import EventRow
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


def test_a_reader_misses_nothing_whoever_writes_meanwhile(client_as, here):
    """Transactions overlap: of two, the one that began later may commit first."""
    reader, total, seen, after = client_as("admin"), 90, [], 0
    writers = [threading.Thread(target=write, args=(here, n)) for n in range(3)]
    stopped = threading.Event()
    givers = [
        threading.Thread(target=give_until, args=(here, stopped)) for _ in range(2)
    ]
    for thread in (*writers, *givers):
        thread.start()
    until = time.monotonic() + 60
    while len(seen) < total and time.monotonic() < until:
        answer = reader.get(f"/vault/events?limit=7&after={after}").json
        seen += [one for one in answer["items"] if one["event"] == "noted"]
        after = max([after, *(one["position"] for one in answer["items"])])
    stopped.set()
    for thread in (*writers, *givers):
        thread.join()
    words = [one["arguments"]["words"] for one in seen]
    assert sorted(words) == sorted(f"{n} {m}" for n in range(3) for m in range(30))
    for n in range(3):  # whoever tells one thing after the other is heard so
        own = [one for one in words if one.startswith(f"{n} ")]
        assert own == [f"{n} {m}" for m in range(30)]


def write(tenant, number):
    """Tell news in transactions that stay open for a while, some longer."""
    dice = random.Random(number)
    with context.acting(tenant):
        for count in range(30):
            with sessions.transaction():
                events.tell("noted", note_id=uuid7(), words=f"{number} {count}")
                time.sleep(dice.choice((0, 0, 0.02)))


def give_until(tenant, stopped):
    """Give positions all the time, as more than one relay would."""
    with context.acting(tenant):
        while not stopped.is_set():
            positions.give()


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
    assert admin.post(f"{address}/forget").status_code == 404
    seen = {"position": again["position"]}
    assert admin.post(f"{address}/skip", json=seen).status_code == 204
    run_jobs()
    assert admin.get("/vault/event-lanes").json["items"] == []
    assert admin.post(f"{address}/skip", json=seen).status_code == 404
    assert admin.post(f"{address}/retry").status_code == 404
    assert lanes.MOST_ATTEMPTS > 1


def test_only_news_that_was_seen_to_fail_is_given_up(client_as, run_jobs):
    """A double click, or a lane that went on meanwhile, loses nothing else."""
    tell("bad", "bad", "good")
    with sessions.transaction() as work:
        of_one = update(EventRow).where(EventRow.hook == "noted")
        work.connection.execute(of_one.values(object="the same"))
    run_jobs()
    admin = client_as("admin")
    [lane] = admin.get("/vault/event-lanes?plugin=teller").json["items"]
    address, seen = f"/vault/event-lanes/{lane['id']}/skip", lane["position"]
    for sent in ({}, {"position": "x"}, {"position": -1}, {"position": 2**63}):
        assert admin.post(address, json=sent).status_code == 400
    other = admin.post(address, json={"position": seen + 1})
    assert other.status_code == 412
    assert f"It hangs at position {seen}" in other.json["detail"]
    assert admin.post(address, json={"position": seen}).status_code == 204
    assert admin.post(address, json={"position": seen}).status_code == 412
    early = admin.post(address, json={"position": seen + 1})
    assert early.status_code == 409
    assert "Nothing has failed" in early.json["detail"]
    run_jobs()
    [lane] = admin.get("/vault/event-lanes?plugin=teller").json["items"]
    assert (lane["position"], lane["attempts"]) == (seen + 1, 1)
    assert admin.post(address, json={"position": seen + 1}).status_code == 204
