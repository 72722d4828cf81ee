"""Who is asking and for which tenant, for the code that runs right now."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from archivolt_hookspecs.identity import Actor
from archivolt_host.errors import NoTenantError, UnauthorizedError

SYSTEM = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SqlitePlace:
    """A database file of one tenant (or of the catalog)."""

    path: Path

    @property
    def label(self) -> str:
        """How people find it."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A PostgreSQL schema, and the role that may reach only that schema."""

    schema: str
    role: str

    @property
    def label(self) -> str:
        """How people find it."""
        return f"schema {self.schema}"


Place = SqlitePlace | SchemaPlace


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as the host knows it: its name in URLs and where its data is."""

    id: UUID
    slug: str
    state: str
    place: Place


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: its address, and what its program calls itself."""

    address: str = ""
    user_agent: str = ""


NOWHERE = Origin()

_tenant: ContextVar[Tenant | None] = ContextVar("tenant", default=None)
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def tenant() -> Tenant:
    """Return the current tenant; without one this is an error, never a default."""
    found = _tenant.get()
    if found is None:
        raise NoTenantError("No tenant was named: send the header 'Org: <tenant>'.")
    return found


def tenant_or_none() -> Tenant | None:
    """Return the current tenant, or None outside of any."""
    return _tenant.get()


def actor() -> Actor:
    """Return who is asking, or raise 401."""
    found = _actor.get()
    if found is None:
        raise UnauthorizedError(
            "Sign in first: POST /vault/auth/token, then send "
            "'Authorization: JWT <access token>'."
        )
    return found


def actor_or_none() -> Actor | None:
    """Return who is asking, or None for a stranger."""
    return _actor.get()


def system_actor(slug: str) -> Actor:
    """Return the actor under which the host itself works for a tenant."""
    return Actor(id=SYSTEM, name="system", tenant=slug, roles=frozenset({"owner"}))


def request_id() -> str:
    """Return the id of the request or job under way, or ""."""
    return _request_id.get()


def origin() -> Origin:
    """Return where the request came from, or whoever enqueued the job under way."""
    return _origin.get()


def current() -> tuple[Tenant | None, Actor | None, str, Origin]:
    """Return what ``enter`` takes to come back here."""
    return _tenant.get(), _actor.get(), _request_id.get(), _origin.get()


def enter(
    tenant: Tenant | None,
    actor: Actor | None = None,
    request_id: str = "",
    origin: Origin = NOWHERE,
) -> None:
    """Set who is asking until the request ends or the next one begins."""
    _tenant.set(tenant)
    _actor.set(actor)
    _request_id.set(request_id)
    _origin.set(origin)


def signed_in(actor: Actor | None) -> None:
    """Set who is asking, once authentication has found out."""
    _actor.set(actor)


@contextmanager
def acting(
    tenant: Tenant | None,
    actor: Actor | None = None,
    request_id: str = "",
    origin: Origin = NOWHERE,
) -> Iterator[None]:
    """Be in a tenant for a while, as the system where no actor is given."""
    if actor is None and tenant is not None:
        actor = system_actor(tenant.slug)
    resets = (
        (_tenant, _tenant.set(tenant)),
        (_actor, _actor.set(actor)),
        (_request_id, _request_id.set(request_id)),
        (_origin, _origin.set(origin)),
    )
    try:
        yield
    finally:
        for variable, token in resets:
            variable.reset(token)  # type: ignore[arg-type]
