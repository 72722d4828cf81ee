"""``archivolt jobs`` and ``archivolt events``, used rightly and wrongly."""

import re
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from archivolt_host.jobs import bus, claims, events, groups, lanes, positions
from archivolt_host.jobs.registry import Job
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.models import WakeRow

NOBODY = UUID(int=7)


# Mails leave the house; what searches reads stays in it.
send = Job("core_mail.send", lambda folder: None, queue="high", retries=0)
clean_up = Job("core_search.clean_up", lambda folder: None, queue="high", retries=0)


@pytest.fixture
def inside(cli):
    """Do something in the tenant ``demo``, in one transaction."""

    def do(deed):
        with cli.open() as host:
            tenant = host.catalog.get("demo")
            with context.acting(tenant), sessions.transaction():
                return deed()

    return do


@pytest.fixture
def failed(inside, cli):
    """The id of a job that has used up its attempts."""
    id = inside(lambda: bus.enqueue(clean_up, folder="inbox"))
    with cli.open() as host, context.acting(host.catalog.get("demo")):
        [row] = [r for r in claims.claim("high", 10) if r.id == id]
        claims.fail(row, "OSError: the disk is [full]")
    return str(id)


def test_a_failed_job_is_found_explained_and_tried_again(cli, failed):
    said = cli.ok("jobs", "list", "--status", "failed")
    assert re.search(rf"{failed} +\S+\.clean_up +high +failed +1 of 1", said)
    assert said.endswith(f"Why one failed: archivolt jobs show {failed} -t demo\n")
    shown = cli.ok("jobs", "show", failed)
    assert "clean_up in the queue high is failed." in shown
    assert 'Arguments: {"folder": "inbox"}' in shown
    assert "Problem: OSError: the disk is [full]" in shown
    assert re.search(r"1 +failed +\S+ \S+ +\S+ +OSError: the disk is \[full\]", shown)
    assert f"archivolt jobs retry {failed} -t demo" in shown
    assert cli.ok("jobs", "retry", failed) == "It waits for a worker now.\n"
    assert "is queued." in cli.ok("jobs", "show", failed)
    assert "only failed ones are retried" in cli.refused("jobs", "retry", failed)


def test_what_waits_is_cancelled_once(cli, inside):
    id = str(inside(lambda: bus.enqueue(clean_up, folder="inbox")))
    assert id in cli.ok("jobs", "list", "--status", "queued", "--queue", "high")
    assert cli.ok("jobs", "cancel", id) == "It is cancelled.\n"
    assert cli.refused("jobs", "cancel", id) == "The job is cancelled already."
    assert "is cancelled." in cli.ok("jobs", "show", id)


def test_what_is_tried_again_from_here_is_found_by_the_relay(cli, failed):
    with cli.open(), sessions.catalog(write=True) as session:
        session.execute(text("DELETE FROM wake"))
    cli.ok("jobs", "retry", failed)
    with cli.open(), sessions.catalog() as session:
        [row] = session.query(WakeRow).all()
        assert row.hot_until > datetime.now(row.hot_until.tzinfo)


@pytest.fixture
def hanging(inside):
    """A lane in which a plugin hangs, and the position of the news."""

    def hang():
        events.tell("document_created", document_id=uuid7())

    inside(hang)
    inside(positions.give)

    def park():
        [number] = sessions.connection().execute(positions.LAST).one()
        lane = {
            "id": uuid7(),
            "plugin": "core_search",
            "object": "a document",
            "position": number,
            "attempts": 8,
            "retry_at": None,
            "problem": "OSError: no index",
            "since": datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        }
        sessions.connection().execute(lanes.LANE.insert(), lane)
        return str(lane["id"]), str(number)

    return inside(park)


def test_a_parked_lane_is_seen_tried_again_and_given_up(cli, hanging):
    lane, position = hanging
    said = cli.ok("events", "list")
    assert re.search(rf"host +{position} +{position}", said)
    hangs = rf"{lane} +core_search +a document +{position} +8 +parked +OSError: no"
    assert re.search(hangs, said)
    assert f"archivolt events show {position} -t demo" in said
    shown = cli.ok("events", "show", position)
    assert shown.startswith("document_created, told ")
    assert 'Arguments: {"document_id": "' in shown
    assert cli.ok("events", "retry", lane) == "It is tried again now.\n"
    assert "parked" not in cli.ok("events", "list")
    other = str(int(position) + 1)
    said = cli.refused("events", "cancel", lane, "--at", other)
    assert said.startswith(f"It hangs at position {position} by now")
    given_up = cli.ok("events", "cancel", lane, "--at", position)
    assert given_up.startswith("It is given up")


def test_what_was_waiting_is_held_after_an_import_until_it_is_released(
    cli, inside, tmp_path
):
    """Or a copy would send every mail a second time."""
    inside(lambda: bus.enqueue(send, folder="inbox"))
    inside(lambda: bus.enqueue(send, folder="outbox", unique="out"))
    group = inside(lambda: groups.enqueue_group([(send, {"folder": "in a group"})]))
    inside(lambda: bus.enqueue(clean_up, folder="inside"))
    cli.ok("tenants", "export", "demo", str(tmp_path / "demo.tar"))
    said = cli.ok("tenants", "import", str(tmp_path / "demo.tar"), "--slug", "copy")
    assert "Held are 3 jobs that speak to other systems" in said
    assert said.endswith("archivolt jobs retry --held -t copy\n")
    assert cli.ok("jobs", "list", "-t", "demo", "--status", "queued").count("high") == 4
    held = cli.ok("jobs", "list", "-t", "copy")
    assert held.count("cancelled") == held.count("It came with an archive") == 3
    with cli.open() as host, context.acting(host.catalog.get("copy")):
        with sessions.transaction():  # the same work, wanted anew
            assert groups.get(group).pending == 0
            bus.enqueue(send, folder="outbox", unique="out")
        assert len(claims.claim("high", 10)) == 2  # and what only cleans up
    said = cli.ok("jobs", "retry", "--held", "-t", "copy")
    assert said == "2 of 3 held jobs wait for a worker now.\n"
    assert "0 of 1 held" in cli.ok("jobs", "retry", "--held", "-t", "copy")


def test_without_any_there_is_nothing_to_list(cli):
    assert cli.ok("jobs", "list", "--status", "cancelled") == "There is no such job.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"jobs show {NOBODY}", "Job 00000000-"),
        (f"jobs retry {NOBODY}", "Job 00000000-"),
        (f"jobs cancel {NOBODY}", "Job 00000000-"),
        ("jobs retry", "Name one job, or say --held."),
        (f"jobs retry {NOBODY} --held", "Name one job, or say --held."),
        ("jobs show x", "Invalid value for 'ID'"),
        ("jobs list --status odd", "odd is none of queued, running, done, failed"),
        ("jobs list --queue odd", "odd is none of high, medium, low, bulk, duckdb."),
        ("jobs list -t nobody", "There is no active tenant nobody."),
        ("events show 4711", "News at position 4711"),
        (f"events retry {NOBODY}", "Lane 00000000-"),
        (f"events cancel {NOBODY} --at 1", "Lane 00000000-"),
        (f"events cancel {NOBODY}", "Missing option '--at'"),
        ("events list -t nobody", "There is no active tenant nobody."),
    ],
)
def test_a_wrong_use_is_one_sentence(cli, words, said):
    assert cli.refused(*words.split()).startswith(said)


@pytest.mark.parametrize("group", ["jobs", "events"])
def test_the_help_shows_what_to_type(cli, group):
    said = cli.ok(group, "--help")
    for command in ("list", "show", "retry", "cancel"):
        assert re.search(rf"archivolt {group} {command} |^  {command} ", said, re.M)
    assert f"archivolt {group} retry" in said


def test_what_runs_by_itself_is_listed_and_run_by_hand(cli, inside):
    said = cli.ok("schedules", "list")
    assert re.search(r"host +forget_jobs +every 6h .*Delete jobs that ended long", said)
    assert re.search(r"core_identity +forget_sessions +every 1d ", said)
    said = cli.ok("schedules", "run", "core_identity.forget_sessions")
    id = re.search(r"jobs show (\S+) -t demo", said)[1]
    assert "forget_sessions in the queue low is queued." in cli.ok("jobs", "show", id)
    assert "no schedule of that name" in cli.refused("schedules", "run", "forget_me")
