"""What an error costs, verb by verb, and in which order plugins are asked."""

from itertools import permutations

import pytest
from sqlalchemy import text

from archivolt_hookspecs.identity import Actor
from archivolt_host.errors import (
    DeniedError,
    GuardDownError,
    NotFoundError,
    RefusedError,
)
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.tenants import context, sessions

FAILURE = RuntimeError("a plugin's own bug")


@pytest.fixture(autouse=True)
def here(plugins, make_tenant):
    with context.acting(make_tenant("acme")):
        yield


def test_ask_passes_when_nobody_refuses(answers):
    answers(None, None, "")
    assert dispatch.ask("may", thing=1) is None


def test_ask_is_refused_by_any_reason(answers):
    answers(None, "Not on a Sunday.", None)
    with pytest.raises(RefusedError, match="Not on a Sunday"):
        dispatch.ask("may", thing=1)


def test_ask_is_refused_by_an_error(answers):
    answers(None, None, FAILURE)
    with pytest.raises(GuardDownError, match="three, which guards may"):
        dispatch.ask("may", thing=1)


def test_first_takes_the_first_answer_that_is_not_none(answers):
    answers(None, 0, 3)
    assert dispatch.first("find", thing=1) == 0


@pytest.mark.parametrize("error", [FAILURE, DeniedError("no")])
def test_first_passes_over_an_error(answers, error):
    answers(error, None, 3)
    assert dispatch.first("find", thing=1) == 3


def test_first_without_an_answer_is_none(answers):
    answers(None, FAILURE, None)
    assert dispatch.first("find", thing=1) is None


@pytest.mark.parametrize("error", [FAILURE, DeniedError("no")])
def test_collect_loses_only_the_answer_that_failed(answers, error):
    answers(1, error, 3)
    assert dispatch.collect("gather", thing=1) == [1, 3]


@pytest.mark.parametrize("error", [FAILURE, DeniedError("no")])
def test_join_is_aborted_by_an_error(answers, error):
    seen = []
    answers(seen.append, error, seen.append)
    with pytest.raises(type(error)):
        dispatch.join("follow", thing="it")
    assert seen == ["it"]


@pytest.mark.parametrize("verb", ["ask", "first", "collect", "join"])
def test_a_hook_answers_to_its_own_verb_alone(verb):
    right = {"ask": "may", "first": "find", "collect": "gather", "join": "follow"}
    for other in right.values():
        if other != right[verb]:
            with pytest.raises(TypeError, match=f"not {verb}"):
                getattr(dispatch, verb)(other, thing=1)


def test_a_hook_that_does_not_exist_is_an_error():
    with pytest.raises(LookupError, match="There is no hook nothing"):
        dispatch.collect("nothing")


def test_plugins_answer_in_order_of_need_however_they_were_found(
    make_one, open_home, make_tenant
):
    for order in permutations(["one", "two", "three"]):
        host = open_home(plugins=["core_identity", *order])
        for name, plugin in host.registry.loading.plugins.items():
            plugin.answer = lambda thing, name=name: name
        with context.acting(host.catalog.get("acme")):
            assert dispatch.collect("gather", thing=1) == ["one", "two", "three"]


def test_only_the_plugins_of_the_tenant_are_asked(answers, plugins):
    answers(1, 2, 3)
    overrides.write("acme", "three", {"enabled": False}, "test")
    plugins.catalog.refresh(force=True)
    assert dispatch.collect("gather", thing=1) == [1, 2]


@pytest.mark.parametrize(("verb", "hook"), [("collect", "gather"), ("first", "find")])
def test_who_fails_loses_only_its_own_writes(plugins, answers, in_tenant, verb, hook):
    def write(thing):
        at = {"collect": 0, "first": 1}[verb]
        sql = f"INSERT INTO alembic_version_two VALUES ('{thing}')"
        sessions.session().execute(text(sql.replace("two", "host")))
        if at is not None and thing == "lost":
            raise FAILURE

    tenant = context.tenant()
    with in_tenant(tenant):
        answers(lambda _: write("lost"), None, None)
        getattr(dispatch, verb)(hook, thing=1)
        answers(lambda _: write("kept"), None, None)
        getattr(dispatch, verb)(hook, thing=1)
    with sessions.reading() as work:
        rows = work.session.scalars(text("SELECT * FROM alembic_version_host")).all()
    assert "kept" in rows
    assert "lost" not in rows


def member():
    return Actor(context.tenant().id, "grace", "acme", frozenset({"member"}))


def test_call_runs_exactly_the_named_action(answers):
    answers(lambda thing: thing * 2, lambda thing: thing * 3)
    assert dispatch.call("two.act", thing=2) == 6


def test_the_errors_of_an_action_are_the_callers(answers):
    answers(FAILURE)
    with pytest.raises(RuntimeError, match="own bug"):
        dispatch.call("one.act", thing=1)


def test_call_refuses_what_is_not_there_or_not_on(plugins):
    with pytest.raises(NotFoundError, match=r"nowhere\.act"):
        dispatch.call("nowhere.act")
    overrides.write("acme", "three", {"enabled": False}, "test")
    plugins.catalog.refresh(force=True)
    with pytest.raises(NotFoundError, match=r"three\.act"):
        dispatch.call("three.act", thing=1)


def test_call_refuses_an_argument_that_the_action_does_not_take():
    with pytest.raises(TypeError, match="takes no colour"):
        dispatch.call("one.act", thing=1, colour="red")


def test_call_asks_for_the_actions_permission(answers):
    answers("done")
    assert dispatch.call("one.manage", thing=1) == "done"
    with context.acting(context.tenant(), member()), pytest.raises(DeniedError):
        dispatch.call("one.manage", thing=1)


def test_an_external_action_is_no_part_of_a_transaction(answers, in_tenant):
    answers("sent")
    assert dispatch.call("one.send", thing=1) == "sent"
    with in_tenant(context.tenant()) as work:
        _ = work.session
        with pytest.raises(RuntimeError, match="call it as a step"):
            dispatch.call("one.send", thing=1)
