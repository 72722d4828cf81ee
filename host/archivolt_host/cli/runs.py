"""``archivolt runs``: work of several steps, how far it is, and what got stuck."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from archivolt_host.orchestration.journal import Journal

WHO = "the operator"
TIME = "%Y-%m-%d %H:%M:%S"
at_most = click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many at most.",
)


@click.group()
def runs() -> None:
    """Look at work of several steps; go on with what got stuck."""


def where(command: Any) -> Any:
    """Let a command be told in which tenant it works, or that it is the system."""
    system = click.option("--system", is_flag=True, help="The runs of no tenant.")
    tenant = click.option(
        "--tenant", "-t", default="demo", show_default=True, help="The tenant."
    )
    return tenant(system(command))


@contextmanager
def journal(tenant: str, system: bool, *, write: bool = False) -> "Iterator[Journal]":
    """Open the notes on runs of a tenant or of the system."""
    from archivolt_host.cli.opening import ready
    from archivolt_host.kit.cli import named_tenant
    from archivolt_host.orchestration.journal import Journal
    from archivolt_host.tenants import context, sessions

    ready()
    if system:
        with context.acting(None), sessions.catalog(write=write):
            yield Journal(None)
        return
    found = named_tenant(tenant)
    opened = sessions.transaction if write else sessions.reading
    with context.acting(found), opened(found):
        yield Journal(found)


@runs.command("list")
@where
@click.option("--status", help="running, unwinding, stuck, done or undone.")
@at_most
def show_all(tenant: str, system: bool, status: str | None, limit: int) -> None:
    """List the newest runs; --status stuck lists those that need you."""
    from archivolt_host.cli import tables
    from archivolt_host.orchestration import inbox
    from archivolt_host.orchestration.models import STATUSES

    if status not in (None, *STATUSES):
        raise click.ClickException(f"A status is one of {', '.join(STATUSES)}.")
    table = tables.table("run", "name", "status", "steps", "begun", "problem")
    with journal(tenant, system) as found:
        rows = inbox.newest(found, limit, status=status)
    for row in rows:
        step = f"{row.steps_done} of {len(row.steps)}"
        begun = format(row.created_at, TIME)
        tables.add(
            table, str(row.id), row.name, row.status, step, begun, row.problem or ""
        )
    if rows:
        tables.show(table)
    else:
        click.echo("There is no such run.")


@runs.command()
@click.argument("id", type=click.UUID)
@where
def show(id: Any, tenant: str, system: bool) -> None:
    """Show the run ID with its steps, and what to do about it."""
    from archivolt_host.orchestration import inbox

    with journal(tenant, system) as found:
        row = inbox.get(found, id)
        _show(row, inbox.steps_of(found, row), inbox.advice(row))


def _show(row: Any, steps: list[dict[str, Any]], advice: str | None) -> None:
    from archivolt_host.cli import tables

    begun = format(row.created_at, TIME)
    click.echo(f"{row.name} (version {row.version}) is {row.status}.")
    click.echo(f"Begun {begun} UTC by {row.actor_name} with {row.input}.")
    for text in (row.problem, advice):
        if text:
            click.echo(text)
    table = tables.table("step", "status", "at", "problem")
    for step in steps:
        at = format(step["at"], TIME) if "at" in step else ""
        status = step["status"] or "not begun"
        tables.add(table, step["name"], status, at, step["problem"] or "")
    tables.show(table)


@runs.command()
@click.argument("id", type=click.UUID)
@where
def retry(id: Any, tenant: str, system: bool) -> None:
    """Go on with the run ID, which is stuck or waits, once the cause is mended."""
    from archivolt_host.orchestration import inbox

    with journal(tenant, system, write=True) as found:
        row = inbox.retry(found, id)
    _went_on(row, found)


@runs.command()
@click.argument("id", type=click.UUID)
@where
def skip(id: Any, tenant: str, system: bool) -> None:
    """Take the stuck step of the run ID as seen to by hand, and undo the others."""
    from archivolt_host.orchestration import inbox

    with journal(tenant, system, write=True) as found:
        row = inbox.skip(found, id, WHO)
    _went_on(row, found)


@runs.command()
@click.argument("id", type=click.UUID)
@where
def cancel(id: Any, tenant: str, system: bool) -> None:
    """Have the run ID taken back before its next step."""
    from archivolt_host.orchestration import inbox

    with journal(tenant, system, write=True) as found:
        row = inbox.cancel(found, id, WHO)
    _went_on(row, found)


def _went_on(row: Any, found: "Journal") -> None:
    """Go on with a run of the system here and now; a worker does it for a tenant."""
    from archivolt_host.orchestration import running

    if found.tenant is not None:
        show = f"archivolt runs show {row.id} -t {found.tenant.slug}"
        click.echo(f"A worker goes on with it: {show}")
        return
    ended = running.resume(found, row.id)
    click.echo(f"The run is {ended.status if ended else 'gone'}.")


@runs.command()
@click.argument("name", required=False)
def plan(name: str | None) -> None:
    """Print what the orchestrator NAME does, and how it would be taken back."""
    from archivolt_host.cli.opening import ready
    from archivolt_host.orchestration import planning
    from archivolt_host.orchestration.registry import orchestrators
    from archivolt_host.plugins.errors import did_you_mean

    ready()
    known = orchestrators()
    if name is None or name not in known.names:
        hint = did_you_mean(name, known.names) if name else ""
        said = f"There is no orchestrator {name}.{hint} " if name else ""
        raise click.ClickException(f"{said}Name one of {', '.join(known.names)}.")
    kind = known.newest(name)
    click.echo(f"{name}, version {kind.version}, does:")
    _print(planning.forward(kind))
    click.echo("Were it to fail after its last step, it would be taken back so:")
    _print(planning.backward(kind))


def _print(lines: Any) -> None:
    from archivolt_host.cli import tables

    table = tables.table("step", "kind", "tries", "undo")
    for line in lines:
        name = f"{'  ' * line.depth}{line.name}"
        tables.add(table, name, line.kind, str(line.tries), line.undo)
    tables.show(table)
