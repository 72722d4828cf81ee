"""Schedules: one tick one job, whoever ticks; gone with their plugin; of users too."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from archivolt_hookspecs.registration import Schedule
from archivolt_host.jobs import schedules, sweeping
from archivolt_host.jobs.models import JobRow
from archivolt_host.jobs.registry import jobs
from archivolt_host.jobs.relay import Relay
from archivolt_host.jobs.schedule_models import ScheduleRow, TickRow
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]

DAILY = {"name": "tidy", "runs": "notes.tidy", "cron": "0 7 * * *"}


@pytest.fixture
def declare(host, here):
    """Have the plugin ``notes`` declare schedules."""

    def put(*found):
        host.registry.__dict__["schedules"] = [("notes", one) for one in found]
        schedules.sync(here)

    return put


@pytest.fixture
def hourly(declare):
    """A schedule of the plugin's, due every hour, that writes a note."""
    write = jobs().get("notes.write_later")
    declare(Schedule("hourly", write, every=3600, arguments={"text": "tick"}))


def rows():
    with sessions.reading() as work:
        query = select(ScheduleRow).where(ScheduleRow.source != "host")
        return work.session.scalars(query).all()


def ticks():
    with sessions.reading() as work:
        return work.session.scalars(select(TickRow)).all()


def make_due(ago=timedelta(), **values):
    """Let the time come at which every schedule is due."""
    with sessions.transaction() as work:
        change = update(ScheduleRow).where(ScheduleRow.source != "host")
        work.connection.execute(change.values(next_at=now() - ago, **values))


@pytest.mark.usefixtures("hourly")
def test_what_is_due_runs_once_however_many_tick(here, run_jobs, texts):
    make_due()
    threads = [threading.Thread(target=schedules.tick, args=(here,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert schedules.tick(here) == 0
    run_jobs()
    assert texts() == ["tick"]
    [tick] = ticks()
    assert tick.job_id is not None
    assert rows()[0].next_at > now()


@pytest.mark.usefixtures("hourly", "valkey")
def test_the_relay_and_the_scheduler_both_tick_and_one_job_runs(
    host, here, run_jobs, texts
):
    relays = [Relay(host.catalog, host.valkey_url) for _ in range(2)]
    make_due()
    for relay in relays:
        relay.look()
    sweeping.tick_all()
    run_jobs()
    assert texts() == ["tick"]


@pytest.mark.usefixtures("hourly", "valkey")
def test_the_scheduler_ticks_where_there_is_no_relay(host, run_jobs, texts):
    relay = Relay(host.catalog, host.valkey_url)
    relay.look()  # knows of the schedule, and then is no more
    make_due()
    from archivolt_host.tenants.models import WakeRow

    with sessions.catalog(write=True) as session:
        session.execute(update(WakeRow).values(next_at=now()))
    assert sweeping.tick_all() == 1
    run_jobs()
    assert texts() == ["tick"]


@pytest.mark.usefixtures("hourly")
def test_a_tick_written_by_somebody_else_brings_no_second_job(here, texts, run_jobs):
    make_due()
    schedules.tick(here)
    fire_at = ticks()[0].fire_at
    with sessions.transaction() as work:  # as if this one had read it before
        change = update(ScheduleRow).where(ScheduleRow.source == "notes")
        work.connection.execute(change.values(next_at=fire_at))
    schedules.tick(here)
    run_jobs()
    assert texts() == ["tick"]
    assert len(ticks()) == 1


@pytest.mark.parametrize(("missed", "expected"), [("once", ["tick"]), ("skip", [])])
def test_what_was_missed_is_made_up_for_once_or_skipped(
    declare, here, run_jobs, texts, missed, expected
):
    write = jobs().get("notes.write_later")
    sent = {"text": "tick"}
    declare(Schedule("rare", write, cron="0 0 1 1 *", missed=missed, arguments=sent))
    make_due(ago=timedelta(days=900))
    schedules.tick(here)
    schedules.tick(here)
    run_jobs()
    assert texts() == expected
    assert rows()[0].next_at > now()


@pytest.mark.usefixtures("hourly")
def test_where_the_plugin_is_off_its_schedules_are_gone(
    host, here, run_jobs, texts, client_as
):
    owner = client_as("admin")
    listed = owner.get("/vault/schedules?source=notes").json["items"]
    assert [one["name"] for one in listed] == ["hourly"]
    overrides.write("acme", "notes", {"enabled": False}, "test")
    host.catalog.refresh(force=True)
    make_due()
    assert schedules.tick(here) == 0
    assert owner.get("/vault/schedules?source=notes").json["items"] == []
    address = f"/vault/schedules/{listed[0]['id']}"
    assert owner.get(address).status_code == 404
    schedules.sync(here)
    with sessions.reading() as work:
        soonest = schedules.next_time(work.connection)
    assert [row.next_at for row in rows()] == [None]
    assert soonest > now()  # nobody looks for it any more


@pytest.mark.usefixtures("hourly")
def test_who_switched_a_schedule_off_finds_it_off_when_its_plugin_is_on_again(
    host, here, client_as, declare
):
    owner = client_as("admin")
    write = jobs().get("notes.write_later")
    other = Schedule("other", write, every=3600, arguments={"text": "x"})
    declare(*(found for _, found in host.registry.schedules), other)
    before = {one.name: one.id for one in rows()}
    address = f"/vault/schedules/{before['hourly']}"
    off = owner.patch(address, json={"enabled": False}, headers={"If-Match": "*"})
    assert off.status_code == 200
    for enabled in (False, True):
        overrides.write("acme", "notes", {"enabled": enabled}, "test")
        host.catalog.refresh(force=True)
        schedules.sync(here)
    after = {row.name: row for row in rows()}
    assert {name: row.id for name, row in after.items()} == before
    assert not after["hourly"].enabled
    assert owner.get(address).json["next_runs"] == []
    assert after["other"].next_at > now()
    make_due()
    assert schedules.tick(here) == 1


@pytest.mark.usefixtures("hourly")
def test_of_a_plugin_that_is_no_longer_installed_no_schedule_is_kept(host, here):
    change = update(ScheduleRow).where(ScheduleRow.source == "notes")
    with sessions.transaction() as work:
        work.connection.execute(change.values(source="long_gone"))
    schedules.forget()
    schedules.sync(here)
    assert [row.source for row in rows()] == ["notes"]


@pytest.mark.usefixtures("hourly")
def test_a_changed_declaration_replaces_the_old_one(declare):
    write = jobs().get("notes.write_later")
    declare(Schedule("hourly", write, cron="5 * * * *", arguments={"text": "x"}))
    [row] = rows()
    assert (row.cron, row.every) == ("5 * * * *", None)
    declare()
    assert rows() == []


def test_a_users_schedule_runs_as_its_owner(
    here, client_as, make_job, run_jobs, monkeypatch
):
    owner, seen = client_as("admin"), []
    make_tidy(make_job, monkeypatch, lambda: seen.append(context.actor().name))
    choices = owner.get("/vault/schedules/choices").json["items"]
    assert {"notes.tidy", "ensure_user"} <= {one["name"] for one in choices}
    answer = owner.post("/vault/schedules", json={**DAILY, "zone": "Europe/Berlin"})
    assert answer.status_code == 201, answer.json
    assert len(answer.json["next_runs"]) == 5
    make_due()
    schedules.tick(here)
    run_jobs()
    assert seen == ["admin"]
    address = answer.headers["Location"]
    now_run = owner.post(f"{address}/run")
    assert now_run.status_code == 202
    run_jobs()
    assert seen == ["admin", "admin"]
    off = owner.patch(
        address,
        json={"enabled": False},
        headers={"If-Match": owner.get(address).headers["ETag"]},
    )
    assert (off.status_code, off.json["next_runs"]) == (200, [])
    make_due()
    assert schedules.tick(here) == 0


def make_tidy(make_job, monkeypatch, function):
    from dataclasses import replace

    found = replace(make_job(function), name="notes.tidy", permission="notes.write")
    monkeypatch.setitem(jobs()._jobs, found.name, found)


def test_a_schedule_whose_owner_is_gone_runs_nothing_and_says_so(
    here, client_as, make_job, monkeypatch
):
    owner = client_as("admin")
    make_tidy(make_job, monkeypatch, lambda: None)
    address = owner.post("/vault/schedules", json=DAILY).headers["Location"]
    other = "00000000-0000-0000-0000-00000000dead"
    make_due(owner_id=UUID(other))
    schedules.tick(here)
    with sessions.reading() as work:
        assert work.session.scalars(select(JobRow)).all() == []
    assert "no longer active" in owner.get(address).json["problem"]


@pytest.mark.parametrize("wrong", [{"zone": "US/Pacific-New"}, {"cron": "a b c d e"}])
def test_a_schedule_that_nobody_can_read_rests_and_stops_no_other(
    here, client_as, make_job, monkeypatch, run_jobs, wrong
):
    """As one that an import brought from a machine with other time zones."""
    owner, seen = client_as("admin"), []
    make_tidy(make_job, monkeypatch, lambda: seen.append(1))
    address = owner.post("/vault/schedules", json=DAILY).headers["Location"]
    owner.post("/vault/schedules", json={**DAILY, "name": "other"})
    spoil(address, wrong)
    assert owner.get("/vault/schedules").status_code == 200
    make_due()
    assert schedules.tick(here) == 1
    run_jobs()
    assert seen == [1]
    shown = owner.get(address).json
    assert "give it another rhythm or time zone" in shown["problem"]
    assert shown["next_runs"] == []
    right = {"zone": "UTC", "cron": DAILY["cron"]}
    mended = owner.patch(address, json=right, headers={"If-Match": "*"}).json
    assert (mended["problem"], len(mended["next_runs"])) == (None, 5)


def spoil(address, wrong):
    with sessions.transaction() as work:
        one = ScheduleRow.id == UUID(address.rpartition("/")[2])
        work.connection.execute(update(ScheduleRow).where(one).values(**wrong))


def test_whatever_is_wrong_with_a_schedule_stops_no_other(
    declare, here, run_jobs, texts, monkeypatch
):
    write = jobs().get("notes.write_later")
    for_all = {"every": 3600, "arguments": {"text": "tick"}}
    declare(Schedule("bad", write, **for_all), Schedule("good", write, **for_all))
    whole = schedules.run

    def run(row):
        if row.name == "bad":  # after it has written: nothing of that is kept
            whole(row)
            raise RuntimeError("a bug")
        return whole(row)

    monkeypatch.setattr(schedules, "run", run)
    make_due()
    assert schedules.tick(here) == 1
    run_jobs()
    assert texts() == ["tick"]
    assert {r.name: r.problem for r in rows()} == {
        "bad": "RuntimeError: a bug",
        "good": None,
    }
    assert all(row.next_at > now() for row in rows())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"runs": "create_first_admin"}, "runs"),
        ({"runs": "notes.write_later"}, "runs"),
        ({"arguments": {"colour": "red"}}, "arguments"),
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"every": 60}, "cron"),
        ({"zone": "Mars"}, "zone"),
        ({"zone": "localtime"}, "zone"),
        ({"missed": "twice"}, "missed"),
    ],
)
def test_a_wrong_schedule_is_refused_by_field(
    client_as, make_job, monkeypatch, change, field
):
    make_tidy(make_job, monkeypatch, lambda: None)
    answer = client_as("admin").post("/vault/schedules", json={**DAILY, **change})
    assert answer.status_code == 400
    assert field in answer.json["errors"]


def test_members_schedule_nothing(client_as):
    member = client_as("member")
    assert member.post("/vault/schedules", json=DAILY).status_code == 403
    assert member.get("/vault/schedules").status_code == 403


@pytest.mark.usefixtures("hourly")
def test_what_code_declares_can_only_be_switched(client_as, here):
    owner = client_as("admin")
    [one] = owner.get("/vault/schedules?source=notes").json["items"]
    address, any_tag = f"/vault/schedules/{one['id']}", {"If-Match": "*"}
    refused = owner.patch(address, json={"cron": "0 7 * * *"}, headers=any_tag)
    assert refused.status_code == 409
    assert owner.delete(address, headers=any_tag).status_code == 409
    assert owner.patch(address, json={"enabled": False}).status_code == 428
    off = owner.patch(address, json={"enabled": False}, headers=any_tag)
    assert off.status_code == 200
    make_due()
    assert schedules.tick(here) == 0


def test_of_two_tenants_each_has_its_own(declare, make_tenant, here, client_as):
    write = jobs().get("notes.write_later")
    declare(Schedule("hourly", write, every=3600, arguments={"text": "tick"}))
    other = make_tenant("umbra")
    schedules.sync(other)
    with context.acting(other):
        assert len(rows()) == 1
        assert ticks() == []
