"""Tenants for tests, made as ``archivolt tenants create`` makes them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest

from archivolt_host.kit.testing.homes import OpenHome

if TYPE_CHECKING:
    from archivolt_host.tenants.context import Tenant
    from archivolt_host.tenants.sessions import UnitOfWork

MakeTenant = Callable[..., "Tenant"]
InTenant = Callable[["Tenant"], AbstractContextManager["UnitOfWork"]]

ADMIN, PASSWORD = "admin", "a test password"


@pytest.fixture
def make_tenant(open_home: OpenHome) -> MakeTenant:
    """Create tenants: ``make_tenant("acme")``; each has the user ``admin``."""

    def make(slug: str, *, admin: str = ADMIN) -> "Tenant":
        from archivolt_host.orchestration.creation import CreateTenant

        host = open_home.current
        if "create_first_admin" not in host.registry.actions:
            admin = ""  # a host without users, as for the tests of the host itself
        CreateTenant(
            slug,
            placement=str(host.manifest.host["default_placement"]),
            admin=admin,
            password=PASSWORD,
        ).run()
        return host.catalog.get(slug)

    return make


@pytest.fixture
def tenant(open_home: OpenHome, make_tenant: MakeTenant) -> "Tenant":
    """A tenant called ``acme``; somebody may have been signed in there already."""
    return open_home.current.catalog.find("acme") or make_tenant("acme")


@pytest.fixture
def two_tenants(make_tenant: MakeTenant) -> "tuple[Tenant, Tenant]":
    """Two tenants, ``acme`` and ``umbra``, that must never see each other."""
    return make_tenant("acme"), make_tenant("umbra")


@pytest.fixture
def in_tenant() -> InTenant:
    """What lets a test work in a tenant as the system.

    ``with in_tenant(tenant): logic.retire(one)``; the block is one transaction,
    committed at its end.
    """

    @contextmanager
    def work(tenant: "Tenant") -> "Iterator[UnitOfWork]":
        from archivolt_host.tenants import context, sessions

        with context.acting(tenant), sessions.transaction() as unit:
            yield unit

    return work
