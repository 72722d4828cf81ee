"""``archivolt schedules``: what runs by itself, when it last did, and run it now."""

from typing import Any

import click

from archivolt_host.cli.jobs import in_tenant, opened
from archivolt_host.cli.runs import TIME


@click.group()
def schedules() -> None:
    """Look at what runs by itself in a tenant, and run it now.

    Duties that fall together are done by one job, host.sweep: what each of them did is
    its result. One that failed names its problem here, and stops no other.

    \b
    archivolt schedules list                   all, of the host, plugins and users
    archivolt schedules run forget_jobs        do one now
    archivolt schedules list -t acme           in another tenant than demo
    """


@schedules.command("list")
@in_tenant
def show_all(tenant: str) -> None:
    """List schedules: whose, what they do, how often, when last and with what luck."""
    from archivolt_host.cli import tables

    table = tables.table("of", "name", "rhythm", "last", "next", "does", "problem")
    for row in _rows(tenant):
        following = _time(row.next_at if row.enabled else None)
        times = (_rhythm(row), _time(row.last_at), following)
        cells = (row.source, row.name, *times, _summary(row), row.problem or "")
        tables.add(table, *cells)
    tables.show(table)


@schedules.command()
@click.argument("name")
@in_tenant
def run(name: str, tenant: str) -> None:
    """Have the schedule NAME run now; its rhythm stays as it is."""
    from archivolt_host.jobs import planning

    found = [row for row in _rows(tenant) if name in (row.name, _full(row))]
    if len(found) != 1:
        which = ", ".join(map(_full, found)) or "'archivolt schedules list' names them"
        problem = "several of that name" if found else "no schedule of that name"
        raise click.ClickException(f"There is {problem}: {which}.")
    with opened(tenant, write=True):
        job = planning.run_now(found[0])
    click.echo(f"A worker does it now: archivolt jobs show {job} -t {tenant}")


def _rows(tenant: str) -> list[Any]:
    """Return the tenant's schedules, those that were declared a moment ago too."""
    from sqlalchemy import select

    from archivolt_host.cli.opening import ready
    from archivolt_host.jobs import planning
    from archivolt_host.jobs import schedules as found
    from archivolt_host.jobs.schedule_models import ScheduleRow
    from archivolt_host.kit.cli import named_tenant
    from archivolt_host.tenants import sessions

    ready()
    found.sync(named_tenant(tenant))
    with opened(tenant):
        query = select(ScheduleRow).order_by(ScheduleRow.source, ScheduleRow.name)
        wanted = query.where(ScheduleRow.source.in_(planning.sources()))
        return list(sessions.session().scalars(wanted))


def _full(row: Any) -> str:
    return f"{row.source}.{row.name}"


def _time(moment: Any) -> str:
    return format(moment, TIME) if moment else ""


def _rhythm(row: Any) -> str:
    from archivolt_host.plugins.units import write_seconds

    if not row.enabled:
        return "off"
    return row.cron or f"every {write_seconds(row.every)}"


def _summary(row: Any) -> str:
    from archivolt_host.jobs import runnable

    return runnable.summary(row.runs)
