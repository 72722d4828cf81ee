"""A job is a row of the business transaction, and JSON."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select, text

from archivolt_hookspecs.identity import Actor
from archivolt_host.cli import logging
from archivolt_host.errors import NoTenantError, NotFoundError
from archivolt_host.jobs import bus, carrying, events
from archivolt_host.jobs.event_models import EventRow
from archivolt_host.jobs.registry import aliases, job, jobs
from archivolt_host.tenants import context, sessions, tracing
from archivolt_host.tenants.ids import uuid7

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]


def test_a_job_that_was_rolled_back_never_was(client_as, run_jobs, texts):
    member = client_as("member")
    body = {"text": "gone", "refuse": True}
    assert member.post("/vault/notes/later", json=body).status_code == 409
    assert run_jobs() == []
    answer = member.post("/vault/notes/later", json={"text": "kept"})
    assert answer.status_code == 202
    [done] = run_jobs()
    assert (str(done.id), done.status) == (answer.json["job"], "done")
    assert texts() == ["kept"]


def test_a_job_runs_as_whoever_enqueued_it(client_as, run_jobs):
    grace = client_as("grace")
    grace.post("/vault/notes/later", json={"text": "a"})
    [done] = run_jobs()
    assert done.carried["actor"]["name"] == "grace"
    assert done.carried["actor"]["roles"] == ["member"]
    assert done.actor_id == UUID(done.carried["actor"]["id"])


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", float("nan"), [object()]])
def test_objects_are_refused(value, enqueue):
    with pytest.raises(TypeError, match="not objects"):
        enqueue(words=value)


def test_an_id_may_be_given_as_it_is(enqueue, row):
    id = uuid7()
    assert row(enqueue(words=id)).arguments == {"text": str(id)}


def test_without_a_tenant_nothing_is_enqueued(enqueue):
    with context.acting(None), pytest.raises(NoTenantError):
        enqueue()


def test_while_a_job_waits_its_unique_key_stands_for_it(enqueue, run_jobs, texts):
    first = enqueue(words="first", unique="one")
    assert enqueue(words="second", unique="one") == first
    run_jobs()
    assert texts() == ["first"]
    assert enqueue(words="third", unique="one") != first


def test_a_delayed_job_waits_for_its_time(enqueue, run_jobs, let_pass, texts):
    enqueue(delay=timedelta(hours=1))
    assert run_jobs() == []
    let_pass()
    assert [job.status for job in run_jobs()] == ["done"]
    assert texts() == ["later"]


def test_a_job_may_enqueue_another(run_jobs, row, monkeypatch):
    @job()
    def again():
        bus.enqueue(jobs().get("notes.write_later"), text="from a job")

    monkeypatch.setitem(jobs()._jobs, again.name, again)
    monkeypatch.setattr("archivolt_host.jobs.wake._hot", {})
    enabled = type(again)(again.name, again.run)
    monkeypatch.setitem(jobs()._jobs, again.name, enabled)
    with sessions.transaction():
        bus.enqueue(enabled)
    assert {job.status for job in run_jobs()} == {"done"}


def test_a_job_belongs_to_its_tenant(enqueue, run_jobs, make_tenant, texts):
    id = enqueue()
    other = make_tenant("umbra")
    assert run_jobs(other) == []
    with context.acting(other), pytest.raises(NotFoundError), sessions.reading():
        bus.get(id)
    assert len(run_jobs()) == 1


def test_a_job_is_shown_to_its_owner_and_to_who_may_read_all(client_as, row):
    ada, grace, admin = client_as("ada"), client_as("grace"), client_as("admin")
    stranger = client_as("admin", "umbra")
    id = ada.post("/vault/notes/later", json={"text": "a"}).json["job"]
    answers = [c.get(f"/vault/jobs/{id}") for c in (ada, admin, grace, stranger)]
    assert [a.status_code for a in answers] == [200, 200, 404, 404]
    assert answers[0].json["status"] == "queued"
    assert answers[0].json["name"] == "notes.write_later"


def test_after_losing_the_tenants_heat_the_job_is_still_there(enqueue, host):
    enqueue()
    with sessions.catalog(write=True) as session:
        session.execute(text("DELETE FROM wake"))
    enqueue(words="another")  # this process believes the tenant to be hot
    with sessions.reading() as work:
        assert work.session.scalar(text("SELECT count(*) FROM host_job")) == 2


def test_where_a_request_came_from_travels_along(client_as, make_job, run_jobs, put):
    seen = []
    job = make_job(
        lambda: seen.append((context.actor(), context.origin(), context.request_id()))
    )
    who = Actor(
        *(uuid7(), "grace", "umbra", frozenset({"member"}), frozenset({uuid7()})),
        limits=frozenset({"notes.read"}),
        impersonator=uuid7(),
    )
    where = context.Origin("192.0.2.7", "a browser")
    with context.acting(context.tenant(), who, "a request", where):
        put(job)
    run_jobs()
    assert seen == [(replace(who, tenant="acme"), where, "a request")]


def test_what_a_job_does_not_take_is_refused_when_it_is_enqueued(put, make_job):
    job = make_job(lambda text: text)
    with pytest.raises(TypeError, match="takes no words"):
        put(job, words="later")
    with pytest.raises(TypeError, match="needs text"):
        put(job)


def test_a_unique_job_is_enqueued_once_for_the_same_arguments(
    put, make_job, write_note, run_jobs, texts
):
    job = make_job(lambda text: write_note(text), unique=True)
    assert put(job, text="a") == put(job, text="a")
    assert put(job, text="b") != put(job, text="c" * 500)
    run_jobs()
    assert texts() == ["a", "b", "c" * 500]


def test_the_lower_priority_is_sooner(put, make_job, run_jobs):
    ran = []

    def append(text):
        ran.append(text)

    job = make_job(append)
    for words, priority in (("later", 1), ("now", -1), ("soon", 0)):
        put(job, text=words, priority=priority)
    run_jobs()
    assert ran == ["now", "soon", "later"]


def test_queues_have_other_names(put, make_job, row):
    assert row(put(make_job(lambda: None, queue="tasks"))).queue == "medium"
    assert row(put(make_job(lambda: None, queue="heavy"))).queue == "bulk"
    assert row(put(make_job(lambda: None, queue="emails"))).queue == "high"
    with pytest.raises(ValueError, match="no queue 'heavi'"):
        put(make_job(lambda: None, queue="heavi"))


def test_a_wrong_alias_says_what_to_write():
    with pytest.raises(ValueError, match="tasks=medium"):
        aliases(["tasks=quick"])


SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SENT_ID = SENT.split("-")[1]


@pytest.mark.parametrize("short", [False, True], ids=["alone", "together"])
def test_the_trace_of_a_request_goes_with_its_jobs_and_theirs(
    client_as, make_job, run_jobs, monkeypatch, short
):
    """From the request to its job, to the job that this enqueues, to its news."""
    seen = []

    def look():
        events.tell("role_granted", grant_id=uuid7())
        seen.append(tracing.current())

    inner = make_job(look, short=short)
    monkeypatch.setitem(
        jobs()._jobs,
        "notes.write_later",
        make_job(lambda text: [look(), str(bus.enqueue(inner))][1], short=short),
    )
    member = client_as("member")
    answer = member.post(
        "/vault/notes/later", json={"text": "a"}, headers={"traceparent": SENT}
    )
    ran = [*run_jobs(), *run_jobs()]
    assert [str(one.id) for one in ran] == [answer.json["job"], ran[0].result]
    assert {one.id for one in seen} == {SENT_ID}
    assert len({SENT.split("-")[2], *(one.span for one in seen)}) == 3  # a link each
    for id in (answer.json["job"], ran[0].result):
        shown = client_as("admin").get(f"/vault/jobs/{id}").json
        assert shown["trace_id"] == SENT_ID
        assert shown["request_id"] == answer.headers["X-Request-Id"]
    with sessions.reading() as work:
        query = select(EventRow.carried).where(EventRow.hook == "role_granted")
        told = work.session.scalars(query).all()[-2:]
    assert [carrying.trace_id(one) for one in told] == [SENT_ID] * 2


@pytest.mark.parametrize(
    "sent", [None, "", "x", SENT[:-1], SENT.upper(), SENT.replace(SENT_ID, "0" * 32)]
)
def test_without_a_trace_that_can_be_read_a_request_begins_one(client_as, sent):
    member = client_as("member")
    headers = {} if sent is None else {"traceparent": sent}
    ids = [
        member.post("/vault/notes/later", json={"text": "a"}, headers=headers).json
        for _ in range(2)
    ]
    found = {member.get(f"/vault/jobs/{one['job']}").json["trace_id"] for one in ids}
    assert len(found) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", id) for id in found)
    assert tracing.current() is None


def test_lines_that_a_job_logs_name_its_trace_and_its_request(make_job, put, run_jobs):
    def fail():
        structlog.get_logger().warning("it goes wrong")
        raise RuntimeError("no luck")

    with tracing.entered(tracing.following(SENT)):
        put(make_job(fail))
    with structlog.testing.capture_logs([logging._with_context]) as lines:
        run_jobs()
    said = {line["event"]: line.get("trace_id") for line in lines}
    assert (said["it goes wrong"], said["job failed"]) == (SENT_ID, SENT_ID)
