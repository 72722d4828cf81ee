"""``archivolt events``: how far plugins have heard the news, and where they hang."""

import json
from typing import Any

import click

from archivolt_host.cli.jobs import in_tenant, opened
from archivolt_host.cli.runs import TIME

LAST = 2**63 - 1  # what a position is kept in holds no more


@click.group()
def events() -> None:
    """Look at news, and at what plugins could not hear of it.

    Each plugin hears news of an object in order. What it fails to hear opens a lane,
    in which further news of that object waits; after some attempts it is parked and
    waits for you. All other news goes on.

    \b
    archivolt events list             how far everybody is, and the lanes
    archivolt events show 42          the news at position 42
    archivolt events retry LANE       the cause is mended: try it again
    archivolt events cancel LANE --at 42      give up what is at its head
    """


@events.command("list")
@in_tenant
def show_all(tenant: str) -> None:
    """List how far each plugin has heard, and the lanes that wait or are parked."""
    from archivolt_host.cli import tables
    from archivolt_host.jobs import lane_desk

    with opened(tenant):
        heard, hanging = lane_desk.overview()
    if not heard:
        click.echo("No news has been told yet.")
        return
    table = tables.table("plugin", "has heard", "of")
    last = max(heard.values())
    for plugin, position in sorted(heard.items()):
        tables.add(table, plugin, str(position), str(last))
    tables.show(table)
    _show_lanes(hanging, tenant)


def _show_lanes(hanging: Any, tenant: str) -> None:
    from archivolt_host.cli import tables

    if not hanging:
        return
    table = tables.table("lane", "plugin", "object", "at", "tried", "again", "problem")
    for lane in hanging:
        again = format(lane.retry_at, TIME) if lane.retry_at else "parked"
        cells = (str(lane.id), lane.plugin, lane.object, str(lane.position))
        tables.add(table, *cells, str(lane.attempts), again, lane.problem)
    tables.show(table)
    first = hanging[0]
    click.echo(f"What hangs there: archivolt events show {first.position} -t {tenant}")


@events.command()
@click.argument("position", type=click.IntRange(1, LAST))
@in_tenant
def show(position: int, tenant: str) -> None:
    """Show the piece of news at POSITION."""
    from archivolt_host.jobs import carrying, lane_desk

    with opened(tenant):
        event = lane_desk.at(position)
        at, who = format(event.at, TIME), event.carried["actor"]["name"]
        click.echo(f"{event.hook}, told {at} UTC by {who}, of {event.object or '-'}.")
        click.echo(f"Arguments: {json.dumps(event.arguments)}")
        if trace := carrying.trace_id(event.carried):
            click.echo(f"Trace: {trace}")


@events.command()
@click.argument("lane", type=click.UUID)
@in_tenant
def retry(lane: Any, tenant: str) -> None:
    """Have what waits in LANE tried again, parked or not."""
    _do("retry", lane, tenant)
    click.echo("It is tried again now.")


@events.command()
@click.argument("lane", type=click.UUID)
@click.option(
    "--at",
    "position",
    type=click.IntRange(1, LAST),
    required=True,
    help="The position at which you saw it hang.",
)
@in_tenant
def cancel(lane: Any, position: int, tenant: str) -> None:
    """Give up what is at the head of LANE; what waits behind it is told."""
    _do("skip", lane, tenant, position)
    click.echo("It is given up; what waits behind it is told now.")


def _do(deed: str, lane: Any, tenant: str, *seen: int) -> None:
    from archivolt_host.jobs import bus, lane_desk, rings
    from archivolt_host.tenants import sessions

    with opened(tenant, write=True):
        getattr(lane_desk, deed)(lane, *seen)
        bus.announce(sessions.unit(), rings.EVENTS)
