"""Hands news to its subscribers: each hears it once, in order for each object.

Who fails is told again later, that object's further news behind it; after too many
attempts the lane is parked until somebody has it tried again. Other lanes go on.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog

from archivolt_host.jobs import carrying, lanes, positions, running, wanted
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.jobs.lanes import Event, Heard
from archivolt_host.jobs.looking import looked_after
from archivolt_host.plugins import dispatch, timing
from archivolt_host.plugins.registry import Implementation
from archivolt_host.tenants import sessions, tracing
from archivolt_host.tenants.context import Tenant

log = structlog.get_logger()

SLICE = 1.0  # seconds
TIMEOUT = 60.0  # seconds for one subscriber and one piece of news


def take(
    tenant: Tenant, stop: Callable[[], bool], seconds: float = SLICE
) -> tuple[int, bool]:
    """Deliver news until the time is up; return how much, and if there is more."""
    until = time.monotonic() + seconds
    positions.give()
    told, is_more = 0, False
    enabled = dispatch.registry().enabled(tenant.slug)
    with sessions.reading():
        listening = positions.listening(tenant.slug) & enabled
    for plugin in sorted(listening):
        delivery = Delivery(tenant, plugin)
        told += delivery.run(lambda: time.monotonic() > until or stop())
        is_more = is_more or delivery.is_more
    return told, is_more


class Delivery:
    """News for one plugin."""

    def __init__(self, tenant: Tenant, plugin: str) -> None:
        self.tenant, self.plugin = tenant, plugin
        self.is_more = False
        self._listeners = _listeners(plugin, tenant.slug)
        self._wanted: frozenset[str] = frozenset()
        self._told = 0

    def run(self, stop: Callable[[], bool]) -> int:
        """Tell what it has not heard; return how many times it was told."""
        heard = lanes.claim(self.plugin, self._hooks)
        if heard is None:
            return 0
        try:
            with looked_after(heard.hold, lanes.HOLD_EVERY):
                self._tell_new(heard, stop)
                self._tell_again(heard, stop)
            heard.release()
        except LeaseLostError as lost:
            log.warning("delivery lost", plugin=self.plugin, problem=str(lost))
        except wanted.NotAskedError as error:
            log.warning("not delivered", plugin=self.plugin, problem=str(error))
        return self._told

    def _hooks(self) -> list[str]:
        """Return what it listens to at this moment."""
        named = set(self._listeners) - {wanted.ANY}
        if wanted.ANY in self._listeners:
            self._wanted = frozenset(wanted.by(self.plugin))
        return sorted(named | self._wanted)

    def _tell_new(self, heard: Heard, stop: Callable[[], bool]) -> None:
        while events := heard.next():
            for event in events:
                if stop():
                    self.is_more = True
                    return
                if not heard.has_lane(event.object):
                    self._tell_one(heard, event)
                heard.passed(event.position)
            heard.settle()

    def _tell_one(self, heard: Heard, event: Event) -> None:
        def at_commit(connection: Any) -> None:
            heard.advance(connection, event.position)

        problem = self._told_well(heard, event, at_commit)
        if problem:
            heard.open_lane(event, problem)

    def _tell_again(self, heard: Heard, stop: Callable[[], bool]) -> None:
        for lane in heard.due_lanes():
            for event in heard.in_lane(lane):
                if stop():
                    self.is_more = True
                    return

                def at_commit(connection: Any, event: Event = event) -> None:
                    heard.advance_lane(connection, lane, event.position)  # noqa: B023

                problem = self._told_well(heard, event, at_commit, always=True)
                if problem:
                    heard.fail_lane(lane, event, problem)
                    break
            else:
                self.is_more = heard.close_lane(lane) or self.is_more

    def _told_well(
        self,
        heard: Heard,
        event: Event,
        at_commit: Callable[[Any], None],
        *,
        always: bool = False,
    ) -> str:
        """Tell one piece of news; return what went wrong, or ""."""
        self._told += 1
        behind = event.carried.get("news", 0) + 1
        named = event.hook if event.hook in self._listeners else wanted.ANY
        try:
            with (
                carrying.acting(self.tenant, event.carried),
                tracing.after_news(behind),
                timing.measured(self.plugin, named),
                running.limited(TIMEOUT),
                sessions.guarded(self.tenant.place, heard.guard),
            ):
                heard.was_asked = always
                self._tell(heard, event, at_commit)
        except LeaseLostError:
            raise
        except Exception as error:  # a subscriber may raise anything
            log.exception("news not heard", plugin=self.plugin, hook=event.hook)
            return running.told(error)
        return ""

    def _tell(
        self, heard: Heard, event: Event, at_commit: Callable[[Any], None]
    ) -> None:
        """Commit what a subscriber writes together with what it has heard."""
        work = sessions.UnitOfWork(self.tenant.place, write=True)
        with sessions.entered(work):
            for listener, given in self._heard_by(event):
                listener.function(*[given[name] for name in listener.arguments])
            if work.began or heard.was_asked:
                work.guard = at_commit
                work.connection  # noqa: B018 - begins it for the position alone
            work.commit()

    def _heard_by(self, event: Event) -> Iterator[tuple[Implementation, Any]]:
        """Yield who hears it, with what each is told: by its name, or as any news."""
        if event.hook in self._listeners:
            found = event.arguments.items()
            yield (
                self._listeners[event.hook],
                {k: _typed(event.hook, k, v) for k, v in found},
            )
        if event.hook in self._wanted:
            yield self._listeners[wanted.ANY], {"news": wanted.info(event)}


def _listeners(plugin: str, slug: str) -> dict[str, Implementation]:
    plugins = dispatch.registry()
    enabled = plugins.enabled(slug)
    return {
        hook: i
        for hook in (*wanted.news(), wanted.ANY)
        for i in plugins.implementations(hook, enabled)
        if i.plugin == plugin
    }


def _typed(hook: str, argument: str, value: Any) -> Any:
    """Give an id the type back that JSON took from it."""
    kind = wanted.annotations(hook).get(argument)
    return UUID(value) if kind is UUID and isinstance(value, str) else value
