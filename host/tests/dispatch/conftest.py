import pytest
from sqlalchemy import select, update

from archivolt_host.jobs.event_models import LaneRow
from archivolt_host.tenants import sessions

SPECS = """
from typing import Any
from archivolt_hookspecs.markers import asks, collects, first, joins, tells


@asks
def may(thing: Any) -> str | None: ...


@first
def find(thing: Any) -> Any: ...


@collects
def gather(thing: Any) -> Any: ...


@joins
def follow(thing: Any) -> None: ...


@tells
def happened(thing: str) -> None: ...
"""
CODE = '''
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action


class Plugin:
    def answer(self, thing):
        """Tests put something else here."""

    @hookimpl
    def may(self, thing):
        return self.answer(thing)

    @hookimpl
    def find(self, thing):
        return self.answer(thing)

    @hookimpl
    def gather(self, thing):
        return self.answer(thing)

    @hookimpl
    def follow(self, thing):
        self.answer(thing)

    @hookimpl
    def happened(self, thing):
        self.answer(thing)

    @hookimpl
    def register_actions(self):
        def act(thing):
            return self.answer(thing)

        return [
            Action("NAME.act", act, ("thing",)),
            Action("NAME.manage", act, ("thing",), "NAME.manage"),
            Action("NAME.send", act, ("thing",), kind="external"),
        ]
'''


@pytest.fixture
def make_one(make_plugin):
    """Write a plugin that implements every hook of the specs of ``one``."""

    def make(name, **declared):
        specs = SPECS if name == "one" else None
        make_plugin(name, CODE.replace("NAME", name), hookspecs=specs, **declared)

    return make


@pytest.fixture
def plugins(make_one, open_home):
    """Open a host with three plugins; two needs one, and guards ``may``."""
    make_one("one")
    make_one("two", requires=["one"], guards=["may"])
    make_one("three", requires=["two"])
    return open_home(plugins=["core_identity", "one", "two", "three"])


@pytest.fixture
def answers(plugins):
    """Have each plugin answer with a value or, where it is an error, raise it."""

    def set_answers(*given):
        for name, value in zip(("one", "two", "three"), given, strict=False):
            plugins.registry.loading.plugins[name].answer = _answering(value)

    return set_answers


def _answering(value):
    def answer(thing):
        if isinstance(value, Exception):
            raise value
        return value(thing) if callable(value) else value

    return answer


@pytest.fixture
def heard(answers):
    found = {"one": [], "two": [], "three": []}
    answers(*[news.append for news in found.values()])
    return found


@pytest.fixture
def lane(tenant):
    """Read the only lane, or None."""

    def read():
        with sessions.reading() as work:
            return work.session.scalars(select(LaneRow)).one_or_none()

    return read


@pytest.fixture
def let_pass(tenant):
    """Let the time pass until lanes are tried again, and leases have run out."""

    def let():
        with sessions.transaction() as work:
            retry = update(LaneRow).where(LaneRow.retry_at.is_not(None))
            work.connection.execute(retry.values(retry_at=LaneRow.since))

    return let
