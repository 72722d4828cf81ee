"""``archivolt schedules``: what runs by itself, when it last did, and run it now."""

from typing import Any

import click

from archivolt_host.cli.jobs import in_tenant, opened
from archivolt_host.cli.runs import TIME, at_most


@click.group()
def schedules() -> None:
    """Look at what runs by itself in a tenant, and run it now.

    Duties that fall together are done by one job, host.sweep: what each of them did is
    its result. One that failed names its problem here, and stops no other.

    \b
    archivolt schedules list                   all, of the host, plugins and users
    archivolt schedules run forget_jobs        do one now
    archivolt schedules list -t acme           in another tenant than demo
    archivolt schedules public                 what is done for the whole host
    archivolt schedules log                    what came of that
    archivolt schedules crontab                is your crontab right?
    archivolt schedules do host.back_up        do one of those, here and now
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


@schedules.command()
def public() -> None:
    """List what is done for the whole host, outside of any tenant."""
    from archivolt_host.cli import tables
    from archivolt_host.jobs import public_log

    table = tables.table("task", "rhythm", "last", "status", "does", "said")
    for task in _tasks():
        last = next(iter(public_log.newest(1, task.name)), None)
        began, status = (_time(last.began_at), last.status) if last else ("", "")
        said = last.said or "" if last else ""
        tables.add(table, task.name, _often(task), began, status, task.summary, said)
    tables.show(table)


@schedules.command()
def crontab() -> None:
    """Name every mistake in the home's crontab with its line; 1 if there is one."""
    from archivolt_host.cli.opening import commands
    from archivolt_host.jobs.crontab import read
    from archivolt_host.tenants.home import Home

    path = Home().crontab
    found = read(path, commands())
    for wrong in found.mistakes:
        click.echo(f"{path}:{wrong.line}: {wrong.sentence}", err=True)
    if found.mistakes:
        raise SystemExit(1)
    click.echo(f"{path} is right: {len(found.entries)} entries.")


@schedules.command("log")
@at_most
def show_log(limit: int) -> None:
    """List the newest runs for the whole host: when, and what came of each."""
    from archivolt_host.cli import tables
    from archivolt_host.cli.opening import ready
    from archivolt_host.jobs import public_log

    ready()
    table = tables.table("task", "due", "began", "ended", "status", "said")
    for row in public_log.newest(limit):
        times = (_time(m) for m in (row.due_at, row.began_at, row.ended_at))
        tables.add(table, row.task, *times, row.status, row.said or "")
    tables.show(table)


@schedules.command("do")
@click.argument("name")
def do_now(name: str) -> None:
    """Do the task NAME of the whole host, here and now; it is logged like any."""
    from archivolt_host.jobs import public
    from archivolt_host.jobs.public_log import DONE

    task = next((task for task in _tasks() if task.name == name), None)
    if task is None:
        raise click.ClickException(f"{name} is none: see 'archivolt schedules public'.")
    id = public.begin_now(task)
    if id is None:
        raise click.ClickException(f"{name} is being done already.")
    status, said = public.do(task, id)
    if status != DONE:
        raise click.ClickException(said)
    click.echo(said)


def _tasks() -> Any:
    from archivolt_host.cli.opening import public_tasks, ready

    return public_tasks(ready())()


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
    return _often(row) if row.enabled else "off"


def _often(rhythm: Any) -> str:
    from archivolt_host.plugins.units import write_seconds

    return rhythm.cron or f"every {write_seconds(rhythm.every)}"


def _summary(row: Any) -> str:
    from archivolt_host.jobs import runnable

    return runnable.summary(row.runs)
