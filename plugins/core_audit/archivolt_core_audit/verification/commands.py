"""``archivolt audit``: verify and seal the journal of a tenant."""

import click
from rich.console import Console
from rich.progress import Progress

from archivolt_core_audit.seals import logic as sealing
from archivolt_core_audit.seals.service import links
from archivolt_core_audit.verification import logic
from archivolt_core_audit.verification.logic import Verdict
from archivolt_host.kit.cli import in_tenant, tenant_option
from archivolt_host.kit.db import reading

SHOWN = 10  # problems


@click.group()
def audit() -> None:
    """Verify and seal the journal of a tenant."""


@audit.command()
@tenant_option
def verify(tenant: str) -> None:
    """Hold the journal against its seals; 1 where it is not what was sealed."""
    with in_tenant(tenant), reading():
        verdict = _verify_with_progress(tenant)
    _tell(tenant, verdict)
    if verdict.problems:
        raise SystemExit(1)


@audit.command()
@tenant_option
def seal(tenant: str) -> None:
    """Seal what is not sealed yet, rather than wait for a minute."""
    with in_tenant(tenant):
        count = sealing.seal_all()
    click.echo(f"{tenant}: {count:,} entries sealed.")


@audit.command()
@tenant_option
@click.option("--reason", required=True, help="Why, for the journal.")
def begin_anew(tenant: str, reason: str) -> None:
    """Seal on after the database was restored from a backup, as was meant."""
    with in_tenant(tenant):
        aside = sealing.begin_anew(reason)
    kept = f" The seals until now are kept in {aside}." if aside else ""
    click.echo(f"{tenant}: this is the journal from now on.{kept}")


def _verify_with_progress(tenant: str) -> Verdict:
    end = links.last()
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task(f"Verifying {tenant}", total=end.seq if end else None)
        return logic.verify(lambda count: shown.advance(task, count))


def _tell(tenant: str, verdict: Verdict) -> None:
    """Say what was found: the first bad row, and what no seal says anything about."""
    for _, problem in verdict.problems[:SHOWN]:
        click.secho(f"{tenant}: {problem}", fg="red")
    if (more := len(verdict.problems) - SHOWN) > 0:
        click.secho(f"{tenant}: and {more:,} more.", fg="red")
    if not verdict.problems:
        sealed = f"{verdict.sealed:,} entries are as they were sealed"
        click.secho(f"{tenant}: {sealed} ({verdict.seals} seals).", fg="green")
    if verdict.unsealed:
        since = f"since {verdict.sealed_at}" if verdict.sealed_at else "yet"
        click.echo(f"{tenant}: {verdict.unsealed:,} entries are not sealed {since}.")
