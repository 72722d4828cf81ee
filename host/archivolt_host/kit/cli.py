"""Command lines of plugins: work in a tenant.

The host opened itself to find the command, so it stands open here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from archivolt_host.jobs import worker
from archivolt_host.tenants import context, sessions

tenant_option = click.option(
    "--tenant", "-t", default="demo", show_default=True, help="The tenant to work in."
)


@contextmanager
def in_tenant(slug: str) -> Iterator[None]:
    """Work in a tenant as the system; committed on the way out."""
    tenant = worker.catalog().get(slug)
    with context.acting(tenant), sessions.transaction():
        yield
