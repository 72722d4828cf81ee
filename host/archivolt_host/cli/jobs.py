"""``archivolt jobs``: work for later, what became of it, and what to try again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from archivolt_host.cli.runs import TIME, at_most

in_tenant = click.option(
    "--tenant", "-t", default="demo", show_default=True, help="The tenant."
)


@click.group()
def jobs() -> None:
    """Look at work for later; cancel it, or have it tried again.

    A job that fails is tried again by itself, later each time. After its last attempt
    it is 'failed' and waits for you: mend the cause that it names, then retry it.

    \b
    archivolt jobs list --status failed    what needs you
    archivolt jobs show ID                 why: each attempt with its problem
    archivolt jobs retry ID                have it tried again
    archivolt jobs list -t acme            in another tenant than demo
    """


@contextmanager
def opened(tenant: str, *, write: bool = False) -> Iterator[None]:
    """Work in a tenant as the system."""
    from archivolt_host.cli.opening import ready
    from archivolt_host.kit.cli import named_tenant
    from archivolt_host.tenants import context, sessions

    ready()
    found = named_tenant(tenant)
    begin = sessions.transaction if write else sessions.reading
    with context.acting(found), begin(found):
        yield


@jobs.command("list")
@in_tenant
@click.option("--status", help="queued, running, done, failed or cancelled.")
@click.option("--queue", help="high, medium, low, bulk or duckdb.")
@at_most
def show_all(tenant: str, status: str | None, queue: str | None, limit: int) -> None:
    """List the newest jobs; --status failed lists the dead letters."""
    from archivolt_host.cli import tables
    from archivolt_host.jobs import desk
    from archivolt_host.jobs.models import STATUSES
    from archivolt_host.jobs.registry import QUEUES

    for given, known in ((status, STATUSES), (queue, QUEUES)):
        if given not in (None, *known):
            raise click.ClickException(f"{given} is none of {', '.join(known)}.")
    table = tables.table("job", "name", "queue", "status", "tried", "made", "problem")
    with opened(tenant):
        rows = desk.newest(limit, status=status, queue=queue)
    for row in rows:
        tried = f"{row.attempts} of {row.max_attempts}"
        made = format(row.created_at, TIME)
        cells = (str(row.id), row.name, row.queue, row.status, tried, made)
        tables.add(table, *cells, row.problem or "")
    if rows:
        tables.show(table)
        _hint(rows, tenant)
    else:
        click.echo("There is no such job.")


def _hint(rows: Any, tenant: str) -> None:
    failed = next((row for row in rows if row.status == "failed"), None)
    if failed is not None:
        click.echo(f"Why one failed: archivolt jobs show {failed.id} -t {tenant}")


@jobs.command()
@click.argument("id", type=click.UUID)
@in_tenant
def show(id: Any, tenant: str) -> None:
    """Show the job ID with its arguments and its failed attempts."""
    from archivolt_host.jobs import claims, desk

    with opened(tenant):
        row = desk.get(id)
        _show(row)
        _show_attempts(claims.attempts_of(id))
        if row.status in ("failed", "cancelled"):
            click.echo(f"Have it tried again: archivolt jobs retry {id} -t {tenant}")


def _show(row: Any) -> None:
    from archivolt_host.jobs import carrying, parking

    who = row.carried["actor"]["name"]
    click.echo(f"{row.name} in the queue {row.queue} is {row.status}.")
    click.echo(f"Enqueued {format(row.created_at, TIME)} UTC by {who}.")
    if row.status == "queued" and row.run_at < parking.NEVER:
        click.echo(f"Due {format(row.run_at, TIME)} UTC.")
    if row.finished_at is not None:
        click.echo(f"Ended {format(row.finished_at, TIME)} UTC.")
    facts = {
        "Arguments": json.dumps(row.arguments) if row.arguments else None,
        "Result": None if row.result is None else json.dumps(row.result),
        "Request": row.carried.get("request_id"),
        "Trace": carrying.trace_id(row.carried),
        "Problem": row.problem,
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name}: {value}")


def _show_attempts(attempts: Any) -> None:
    from archivolt_host.cli import tables

    if not attempts:
        return
    table = tables.table("attempt", "outcome", "ended", "worker", "problem")
    for one in attempts:
        ended = format(one.ended_at, TIME)
        tables.add(table, str(one.number), one.outcome, ended, one.worker, one.problem)
    tables.show(table)


@jobs.command()
@click.argument("id", type=click.UUID, required=False)
@in_tenant
@click.option("--held", is_flag=True, help="All that an import has held.")
def retry(id: Any, tenant: str, held: bool) -> None:
    """Have the job ID, which failed or was cancelled, tried again."""
    from archivolt_host.jobs import desk

    if held is (id is not None):
        raise click.UsageError("Name one job, or say --held.")
    if held:
        _release(tenant)
        return
    with opened(tenant, write=True):
        desk.retry(id)
    click.echo("It waits for a worker now.")


def _release(tenant: str) -> None:
    """Let run what an import has held, but for what stands in the queue anew."""
    from archivolt_host.archives import holding
    from archivolt_host.errors import RefusedError
    from archivolt_host.jobs import desk

    with opened(tenant):
        ids, released = desk.held(holding.WHY), 0
    for id in ids:
        with suppress(RefusedError), opened(tenant, write=True):
            desk.retry(id)
            released += 1
    click.echo(f"{released} of {len(ids)} held jobs wait for a worker now.")


@jobs.command()
@click.argument("id", type=click.UUID)
@in_tenant
def cancel(id: Any, tenant: str) -> None:
    """Cancel the job ID: at once, or at its next commit where it runs."""
    from archivolt_host.jobs import desk

    with opened(tenant, write=True):
        desk.cancel(id)
    click.echo("It is cancelled.")
