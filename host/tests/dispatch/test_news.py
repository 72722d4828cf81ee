"""News: after the commit, once for each subscriber, retried for that one alone."""

import pytest

from archivolt_host.jobs import events
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context, sessions

FAILURE = RuntimeError("a plugin's own bug")


@pytest.fixture(autouse=True)
def here(plugins, tenant):
    with context.acting(tenant):
        yield


@pytest.fixture
def heard(answers):
    found = {"one": [], "two": [], "three": []}
    answers(*[news.append for news in found.values()])
    return found


def tell():
    with sessions.transaction():
        events.tell("happened", thing="it")


def test_everybody_hears_it_once_after_the_commit(heard, run_jobs):
    tell()
    assert heard == {"one": [], "two": [], "three": []}
    run_jobs()
    run_jobs()
    assert heard == {"one": ["it"], "two": ["it"], "three": ["it"]}


def test_nobody_hears_of_what_was_rolled_back(heard, run_jobs):
    with pytest.raises(RuntimeError), sessions.transaction():
        events.tell("happened", thing="it")
        raise FAILURE
    assert run_jobs() == []


def test_who_fails_is_told_again_and_nobody_else_is(heard, answers, run_jobs):
    answers(heard["one"].append, FAILURE, heard["three"].append)
    tell()
    statuses = {j.arguments["plugin"]: j.status for j in run_jobs()}
    assert statuses == {"one": "done", "two": "queued", "three": "done"}
    assert (heard["one"], heard["three"]) == (["it"], ["it"])


def test_who_is_out_is_told_when_it_works_again(heard, plugins, run_jobs):
    tell()
    plugins.registry.put_out("three", "for a test")
    statuses = {j.arguments["plugin"]: j.status for j in run_jobs()}
    assert statuses == {"one": "done", "two": "done", "three": "queued"}


def test_who_is_off_is_not_told(heard, plugins, run_jobs):
    overrides.write("acme", "three", {"enabled": False}, "test")
    plugins.catalog.refresh(force=True)
    tell()
    assert len(run_jobs()) == 2


def test_only_news_is_told():
    with pytest.raises(TypeError, match=r"not tell\(\)"), sessions.transaction():
        events.tell("gather", thing="it")
