"""Command lines of plugins: open the host and work in a tenant."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from archivolt_host.cli.opening import opened
from archivolt_host.tenants import context, sessions

tenant_option = click.option(
    "--tenant", "-t", default="demo", show_default=True, help="The tenant to work in."
)


@contextmanager
def in_tenant(slug: str) -> Iterator[None]:
    """Work in a tenant as the system; committed on the way out."""
    tenant = opened().catalog.get(slug)
    with context.acting(tenant), sessions.transaction():
        yield
