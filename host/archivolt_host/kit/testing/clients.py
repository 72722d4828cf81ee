"""Clients of the web application: a stranger's, and those of users who signed in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from archivolt_host.kit.testing.homes import OpenHome
from archivolt_host.kit.testing.tenants import ADMIN, PASSWORD, MakeTenant

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from archivolt_host.http.edge import Edge
    from archivolt_host.tenants.context import Tenant

ROLES = ("owner", "manager", "member", "guest")


class Users:
    """Makes and signs in the users of a test."""

    def __init__(self, open_home: OpenHome, make_tenant: MakeTenant) -> None:
        self._open_home = open_home
        self._make_tenant = make_tenant
        self._apps: dict[int, Edge] = {}

    @property
    def app(self) -> "Edge":
        """The application of the host that is open, made once for each."""
        from archivolt_host.app import create_app

        host = self._open_home.current
        if id(host) not in self._apps:
            self._apps[id(host)] = create_app(host)
        return self._apps[id(host)]

    def client(
        self, role_or_name: str = ADMIN, tenant: "Tenant | str | None" = None
    ) -> "FlaskClient":
        """Return a client that sends ``Org`` and ``Authorization`` by itself."""
        found = self._tenant(tenant)
        self._make_user(role_or_name, found)
        client = self.app.test_client()
        client.environ_base["HTTP_ORG"] = found.slug
        sent = {"username": role_or_name, "password": PASSWORD}
        answer = client.post("/vault/auth/token", json=sent)
        if answer.status_code != 200:
            raise RuntimeError(f"{role_or_name} cannot sign in: {answer.text}")
        tokens: dict[str, Any] = answer.get_json()
        client.environ_base["HTTP_AUTHORIZATION"] = f"JWT {tokens['access']}"
        return client

    def _tenant(self, named: "Tenant | str | None") -> "Tenant":
        catalog = self._open_home.current.catalog
        slug = named if isinstance(named, str) else named.slug if named else "acme"
        return catalog.find(slug) or self._make_tenant(slug)

    def _make_user(self, name: str, tenant: "Tenant") -> None:
        """Add a user, in the role of that name or as a member, unless it is there."""
        from archivolt_host.plugins import dispatch
        from archivolt_host.tenants import context, sessions

        if name == ADMIN:
            return
        roles = (name,) if name in ROLES else ("member",)
        with context.acting(tenant), sessions.transaction():
            dispatch.call("ensure_user", username=name, password=PASSWORD, roles=roles)


@pytest.fixture
def archivolt_users(open_home: OpenHome, make_tenant: MakeTenant) -> Users:
    """What the fixtures of this module share."""
    return Users(open_home, make_tenant)


@pytest.fixture
def app(archivolt_users: Users) -> "Edge":
    """The web application of the host."""
    return archivolt_users.app


@pytest.fixture
def client(archivolt_users: Users) -> "FlaskClient":
    """A client that sends nothing by itself: a stranger's."""
    return archivolt_users.app.test_client()


@pytest.fixture
def client_as(archivolt_users: Users) -> Callable[..., "FlaskClient"]:
    """Sign somebody in: ``client_as("member")``, ``client_as("grace", tenant=other)``.

    ``admin`` owns the tenant. ``owner``, ``manager``, ``member`` and ``guest`` are
    users of that role, and any other name is a member. The user is made, and so is
    the tenant where it is not there yet; without one it is ``acme``.
    """
    return archivolt_users.client
