"""Command lines of plugins: work in a tenant.

The host opened itself to find the command, so it stands open here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from archivolt_host.jobs import worker
from archivolt_host.plugins.errors import did_you_mean
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.context import Tenant

tenant_option = click.option(
    "--tenant", "-t", default="demo", show_default=True, help="The tenant to work in."
)


@contextmanager
def in_tenant(slug: str) -> Iterator[None]:
    """Work in a tenant as the system; committed on the way out."""
    with context.acting(named_tenant(slug)), sessions.transaction():
        yield


def named_tenant(slug: str) -> Tenant:
    """Return a tenant, or say which there are."""
    found = worker.catalog().find(slug)
    if found is None:
        names = [one.slug for one in worker.catalog().all()]
        raise click.ClickException(
            f"There is no active tenant {slug}.{did_you_mean(slug, names)} Name one "
            "with --tenant; 'archivolt tenants list' shows them."
        )
    return found
