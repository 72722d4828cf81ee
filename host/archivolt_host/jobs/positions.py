"""Gives news its position, after the commit, one after the other in each tenant.

Numbers handed out before a commit would be skipped by readers: of two of them, the
higher may be committed first. Whoever gives positions holds the host's row meanwhile.
"""

from typing import Any

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from archivolt_host.jobs import wanted
from archivolt_host.jobs.event_models import EventRow, LaneRow, SubscriberRow
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context, sessions

EVENT: Table = EventRow.__table__  # type: ignore[assignment]
LANE: Table = LaneRow.__table__  # type: ignore[assignment]
SUBSCRIBER: Table = SubscriberRow.__table__  # type: ignore[assignment]
AT_ONCE = 1000  # positions in one transaction

INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
IS_NEW = EVENT.c.position.is_(None)
NEW = select(EVENT.c.number).where(IS_NEW).order_by(EVENT.c.number).limit(AT_ONCE)
ANY_NEW = select(EVENT.c.number).where(IS_NEW).limit(1)
LAST = select(SUBSCRIBER.c.position).where(SUBSCRIBER.c.plugin == HOST)
GIVE = (
    EVENT.update()
    .where(EVENT.c.number == bindparam("of_number"))
    .values(position=bindparam("new_position"))
)


def give() -> int:
    """Give positions to what has none yet; return to how many."""
    with sessions.reading() as look:
        if look.connection.scalar(ANY_NEW) is None:
            return 0
    given = 0
    while True:
        with sessions.transaction() as work:
            found = _give(work.connection)
        given += found
        if found < AT_ONCE:
            return given


def _give(connection: Connection) -> int:
    last = _last_locked(connection)
    _note_subscribers(connection, last)
    numbers = connection.scalars(NEW).all()
    if numbers:
        sent = [
            {"of_number": number, "new_position": position}
            for position, number in enumerate(numbers, last + 1)
        ]
        connection.execute(GIVE, sent)
        host = SUBSCRIBER.update().where(SUBSCRIBER.c.plugin == HOST)
        connection.execute(host.values(position=last + len(numbers)))
    return len(numbers)


def _last_locked(connection: Connection) -> int:
    """Return the last position given, and let nobody else give one meanwhile."""
    last = connection.scalar(LAST.with_for_update())
    if last is None:
        _add(connection, HOST, 0)
        last = connection.scalar(LAST.with_for_update())
    return int(last or 0)


def _note_subscribers(connection: Connection, last: int) -> None:
    """Let plugins hear from here on that are new, and forget those switched off.

    What was told while a plugin was off is for its ``resync``, and what waited in its
    lanes is too: no news is kept for them any longer.
    """
    listeners = listening(context.tenant().slug)
    query = select(SUBSCRIBER.c.plugin).where(SUBSCRIBER.c.plugin != HOST)
    known = set(connection.scalars(query))
    for plugin in listeners - known:
        _add(connection, plugin, last)
    if gone := known - listeners:
        connection.execute(SUBSCRIBER.delete().where(SUBSCRIBER.c.plugin.in_(gone)))
        connection.execute(LANE.delete().where(LANE.c.plugin.in_(gone)))


def _add(connection: Connection, plugin: str, position: int) -> None:
    insert = INSERTS[connection.dialect.name](SUBSCRIBER).on_conflict_do_nothing()
    connection.execute(insert, {"plugin": plugin, "position": position, "fence": 0})


def listening(slug: str) -> set[str]:
    """Return the plugins that listen to any news and are wanted in a tenant."""
    plugins = dispatch.registry()
    on, working = plugins.wanted(slug), plugins.enabled(slug)
    found = {
        i.plugin for hook in wanted.news() for i in plugins.implementations(hook, on)
    }
    choosing = {i.plugin for i in plugins.implementations(wanted.ANY, on)} - found
    return found | {p for p in choosing if p not in working or wanted.is_any_by(p)}
