"""News: after the commit, once for each subscriber, in order, retried for it alone."""

import threading

import pytest
from sqlalchemy import func, select, text

from archivolt_host.jobs import delivery, events, lane_desk, lanes, positions
from archivolt_host.jobs.event_models import EventRow, SubscriberRow
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.ids import uuid7

pytestmark = pytest.mark.placements

FAILURE = RuntimeError("a plugin's own bug")


@pytest.fixture(autouse=True)
def here(plugins, tenant):
    with context.acting(tenant):
        yield tenant


def tell(*things):
    with sessions.transaction():
        for thing in things or ["it"]:
            events.tell("happened", thing=thing)


def test_everybody_hears_it_once_after_the_commit(heard, run_jobs):
    tell()
    assert heard == {"one": [], "two": [], "three": []}
    run_jobs()
    run_jobs()
    assert heard == {"one": ["it"], "two": ["it"], "three": ["it"]}


@pytest.mark.parametrize("name", ["one", "once_more"])
def test_nobody_is_registered_twice_to_hear_it_twice(heard, run_jobs, name):
    loading = dispatch.registry().loading
    with pytest.raises(ValueError, match="already registered"):
        loading.manager.register(loading.plugins["one"], name)
    tell()
    run_jobs()
    assert heard["one"] == ["it"]


def test_nobody_hears_of_what_was_rolled_back(heard, run_jobs):
    with pytest.raises(RuntimeError), sessions.transaction():
        events.tell("happened", thing="it")
        raise FAILURE
    run_jobs()
    assert heard == {"one": [], "two": [], "three": []}


def test_who_fails_is_told_again_and_nobody_else_is(
    heard, answers, run_jobs, lane, let_pass
):
    answers(heard["one"].append, FAILURE, heard["three"].append)
    tell()
    run_jobs()
    assert (heard["one"], heard["three"]) == (["it"], ["it"])
    hanging = lane()
    assert (hanging.plugin, hanging.attempts) == ("two", 1)
    assert hanging.problem == "RuntimeError: a plugin's own bug"
    answers(heard["one"].append, heard["two"].append, heard["three"].append)
    run_jobs()
    assert heard["two"] == []
    let_pass()
    run_jobs()
    assert heard == {"one": ["it"], "two": ["it"], "three": ["it"]}
    assert lane() is None


def test_news_of_an_object_waits_behind_what_failed_and_other_objects_do_not(
    heard, answers, run_jobs, let_pass
):
    failing, well = uuid7(), uuid7()
    said = [(failing, "1"), (well, "1"), (failing, "2"), (well, "2"), (failing, "3")]
    is_broken = True

    def hear(news):
        if is_broken and news.startswith(str(failing)):
            raise FAILURE
        heard["one"].append(news)

    answers(hear, heard["two"].append, heard["three"].append)
    with sessions.transaction() as work:
        for object, number in said:
            insert_event(work, object, f"{object} {number}")
    run_jobs()
    assert heard["one"] == [f"{well} 1", f"{well} 2"]
    assert len(heard["two"]) == 5
    is_broken = False
    let_pass()
    run_jobs()
    assert heard["one"][2:] == [f"{failing} {n}" for n in "123"]


def insert_event(work, object, thing):
    events.tell("happened", thing=thing)
    work.connection.execute(
        text("UPDATE host_event SET object = :o WHERE object = ''"), {"o": str(object)}
    )


def test_after_too_many_attempts_a_lane_is_parked_until_somebody_retries(
    heard, answers, run_jobs, lane, let_pass
):
    answers(FAILURE, heard["two"].append, heard["three"].append)
    tell()
    for _ in range(lanes.MOST_ATTEMPTS + 2):
        run_jobs()
        let_pass()
    assert (lane().attempts, lane().retry_at) == (lanes.MOST_ATTEMPTS, None)
    answers(heard["one"].append)
    run_jobs()
    assert heard["one"] == []
    with sessions.transaction():
        lane_desk.retry(lane().id)
    run_jobs()
    assert heard["one"] == ["it"]
    assert lane() is None


def test_what_a_subscriber_writes_is_committed_with_what_it_has_heard(
    answers, run_jobs, lane
):
    def write_then_fail(news):
        events.tell("happened", thing="written by a subscriber")
        raise FAILURE

    answers(write_then_fail, lambda _: None, lambda _: None)
    tell()
    run_jobs()
    with sessions.reading() as work:
        told = select(EventRow.arguments).where(EventRow.hook == "happened")
        assert work.session.scalars(told).all() == [{"thing": "it"}]


def test_who_lost_the_lease_commits_nothing_of_what_it_heard(answers, here):
    """A paused worker wakes after another one has told the plugin: one effect."""
    told = []

    def hear(news):
        told.append(news)
        if len(told) == 1:  # the other worker comes while this one is paused
            in_a_thread(here, lambda: expire(delivery.take, here))
        events.tell("happened", thing="echo") if news == "it" else None

    answers(hear)
    tell()
    delivery.take(here, lambda: False)
    assert told.count("it") == 2
    with sessions.reading() as work:
        echoes = select(EventRow).where(
            EventRow.arguments["thing"].as_string() == "echo"
        )
        assert len(work.session.scalars(echoes).all()) == 1


def in_a_thread(tenant, function):
    def work():
        with context.acting(tenant):
            function()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def expire(take, tenant):
    with sessions.transaction() as work:
        late = text("UPDATE host_subscriber SET lease_until = '2001-01-01 00:00:00+00'")
        if work.connection.dialect.name == "sqlite":
            late = text(
                "UPDATE host_subscriber SET lease_until = '2001-01-01 00:00:00'"
            )
        work.connection.execute(late)
    take(tenant, lambda: False)


def test_positions_have_no_gaps_whoever_gives_them(here):
    def give():
        with context.acting(here):
            positions.give()

    for number in range(30):
        tell(str(number))
    threads = [threading.Thread(target=give) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30, 60):
        tell(str(number))
    for thread in threads:
        thread.join()
    give()
    with sessions.reading() as work:
        query = select(EventRow.position).order_by(EventRow.position)
        found = work.session.scalars(query).all()
    assert len(found) >= 60
    assert found == list(range(1, len(found) + 1))


def test_who_is_out_is_told_when_it_works_again(heard, plugins, run_jobs):
    tell()
    plugins.registry.put_out("three", "for a test")
    run_jobs()
    assert heard == {"one": ["it"], "two": ["it"], "three": []}
    plugins.registry.out.clear()
    plugins.registry.forget()
    plugins.registry._table.clear()
    run_jobs()
    assert heard == {"one": ["it"], "two": ["it"], "three": ["it"]}


def test_who_is_off_is_not_told(heard, plugins, run_jobs):
    tell("before")
    run_jobs()
    for enabled, words in ((False, "while off"), (True, "after")):
        overrides.write("acme", "three", {"enabled": enabled}, "test")
        plugins.catalog.refresh(force=True)
        tell(words)
        run_jobs()
    assert heard["three"] == ["before", "after"]
    assert heard["one"] == ["before", "while off", "after"]


def test_how_far_everybody_has_heard_can_be_seen(heard, run_jobs):
    tell("a", "b")
    run_jobs()
    with sessions.reading() as work:
        rows = work.session.scalars(select(SubscriberRow)).all()
        last = work.session.scalar(select(func.max(EventRow.position)))
    heard_of = {row.plugin: row.position for row in rows}
    assert heard_of == dict.fromkeys(("one", "two", "three", "host"), last)


def test_only_news_is_told():
    with pytest.raises(TypeError, match=r"not tell\(\)"), sessions.transaction():
        events.tell("gather", thing="it")
