"""Out must not mean open: what a plugin guards is refused while it cannot answer."""

import pytest

from archivolt_host.errors import GuardDownError
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.plugins.breaker import FAILURES, REST
from archivolt_host.tenants import context

FAILURE = RuntimeError("a plugin's own bug")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(plugins):
    plugins.registry.breakers.clock = Clock()
    return plugins.registry.breakers.clock


@pytest.fixture(autouse=True)
def here(plugins, make_tenant):
    with context.acting(make_tenant("acme")):
        yield


def fail(times):
    for _ in range(times):
        dispatch.collect("gather", thing=1)


def test_five_failures_in_a_row_open_the_breaker(answers, clock):
    asked = []
    answers(None, FAILURE, 3)
    fail(FAILURES)
    answers(None, asked.append, 3)
    assert dispatch.collect("gather", thing=1) == [3]
    assert asked == []


def test_a_success_in_between_starts_the_count_anew(answers, clock):
    answers(None, FAILURE, None)
    fail(FAILURES - 1)
    answers(None, "fine", None)
    fail(1)
    answers(None, FAILURE, None)
    fail(FAILURES - 1)
    answers(None, "fine", None)
    assert dispatch.collect("gather", thing=1) == ["fine"]


def test_after_the_rest_one_failure_opens_it_again_and_a_success_closes_it(
    answers, clock
):
    answers(None, FAILURE, None)
    fail(FAILURES)
    clock.now += REST + 1
    fail(1)
    answers(None, "fine", None)
    assert dispatch.collect("gather", thing=1) == []
    clock.now += REST + 1
    assert dispatch.collect("gather", thing=1) == ["fine"]
    answers(None, FAILURE, None)
    fail(FAILURES - 1)
    answers(None, "fine", None)
    assert dispatch.collect("gather", thing=1) == ["fine"]


def test_one_tenants_breaker_is_no_others(answers, clock, make_tenant):
    answers(None, FAILURE, None)
    fail(FAILURES)
    answers(None, "fine", None)
    with context.acting(make_tenant("umbra")):
        assert dispatch.collect("gather", thing=1) == ["fine"]


def test_a_resting_guard_refuses_what_it_guards(answers, clock, plugins):
    answers(None, FAILURE, None)
    fail(FAILURES)
    assert plugins.registry.state("two", "acme")[0] == "resting"
    with pytest.raises(GuardDownError, match="two, which guards may") as refused:
        dispatch.ask("may", thing=1)
    assert refused.value.status == 503
    clock.now += REST + 1
    answers(None, None, None)
    dispatch.ask("may", thing=1)


def test_a_guard_that_catches_up_refuses_what_it_guards(plugins):
    overrides.begin_catching_up("acme", "two")
    plugins.catalog.refresh(force=True)
    assert plugins.registry.state("two", "acme")[0] == "catching_up"
    with pytest.raises(GuardDownError, match="two"):
        dispatch.ask("may", thing=1)
    overrides.end_catching_up("acme", "two")
    plugins.catalog.refresh(force=True)
    dispatch.ask("may", thing=1)


def test_a_guard_that_is_out_refuses_what_it_guards(plugins):
    plugins.registry.put_out("two", "for a test")
    with pytest.raises(GuardDownError, match="two"):
        dispatch.ask("may", thing=1)


def test_a_guard_refuses_when_what_it_needs_is_out(plugins):
    plugins.registry.put_out("one", "for a test")
    with pytest.raises(GuardDownError, match="two"):
        dispatch.ask("may", thing=1)


def test_a_guard_that_is_switched_off_guards_nothing(plugins):
    values = {"enabled": False}
    for name in ("three", "two"):
        overrides.write("acme", name, values, "test")
    plugins.catalog.refresh(force=True)
    dispatch.ask("may", thing=1)


def test_a_plugin_nobody_can_read_guards_everything(
    make_plugin, open_home, plugins, client_as
):
    make_plugin("dark", toml="[plugin\n")
    open_home(plugins=["core_identity", "one", "dark"])
    with pytest.raises(GuardDownError, match="dark"):
        dispatch.ask("may", thing=1)


def test_a_plugin_that_misspells_what_it_guards_is_out_and_may_have_meant_any(
    make_plugin, open_home, plugins, client_as
):
    make_plugin("dim", guards=["mya"])
    host = open_home(plugins=["core_identity", "one", "dim"])
    sentence = "it guards mya, and there is no such hook. Did you mean may?"
    assert sentence in host.registry.out["dim"]
    with pytest.raises(GuardDownError, match="dim"):
        dispatch.ask("may", thing=1)


@pytest.mark.parametrize("hook", ["identify"])
def test_a_guard_that_fails_is_no_stranger(make_plugin, open_home, client_as, hook):
    broken = BROKEN_GUARD.replace("HOOK", hook)
    make_plugin("watch", broken, guards=[hook])
    open_home("other", plugins=["core_identity", "watch"])
    answer = client_as("admin", "umbra").get("/vault/me")
    assert (answer.status_code, answer.json["code"]) == (503, "guard_down")


BROKEN_GUARD = """
from archivolt_hookspecs import hookimpl


class Plugin:
    @hookimpl(tryfirst=True)
    def HOOK(self):
        raise ConnectionError("no directory")
"""
