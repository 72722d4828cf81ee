"""What a plugin brings. The host asks once, at start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archivolt_hookspecs.markers import collects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Permission:
    """Something a role may allow: ``documents.read``, and what that means.

    ``roles`` are the presets that hold it: ``owner`` > ``manager`` > ``member`` >
    ``guest``, each with all that those after it hold, and ``platform_admin``. One that
    is ``scoped`` can be held on a folder or a document alone; any other on the whole
    tenant or not at all. One that is not ``impersonated`` stays closed to whoever acts
    for somebody else.
    """

    name: str
    summary: str
    roles: tuple[str, ...] = ("owner",)
    scoped: bool = False
    impersonated: bool = True


@dataclass(frozen=True)
class Action:
    """A deed other plugins may ask for by name, through ``call``.

    ``kind`` is ``local`` (it runs in the caller's transaction) or ``external`` (it
    leaves the database and runs as a step of its own). ``offered`` lets tenants call it
    from what they write themselves, as workflows: with their own permissions.

    ``schema`` is a marshmallow schema class: its fields are the arguments, and every
    call is held against it. With a permission too, the action is a route as well:
    ``POST /vault/actions/move-document``.
    """

    name: str
    run: Callable[..., Any]
    arguments: tuple[str, ...] = ()
    permission: str | None = None
    kind: str = "local"
    offered: bool = False
    schema: Any = None

    def __post_init__(self) -> None:
        """Read the arguments off the schema."""
        if self.schema is not None:
            object.__setattr__(self, "arguments", tuple(self.schema().fields))


@dataclass(frozen=True)
class Schedule:
    """A job of the plugin's own, and when it is to run in every tenant.

    Either ``cron`` in five fields, at the time of ``zone``, or ``every`` so many
    seconds, which is spread over the tenants. ``missed`` says what becomes of times at
    which nothing ran: ``once`` makes up for all of them once, ``skip`` for none.

    A ``shared`` one is a small duty: all of a tenant's that are due are done in turn by
    one job, each in a transaction of its own, and one that fails stops no other. Use
    it for what few rows and milliseconds do. A ``public`` one belongs to no tenant: it
    is done once for the whole host, outside of any, and may take its time.
    """

    name: str
    job: Any
    cron: str | None = None
    every: int | None = None
    zone: str = "UTC"
    missed: str = "once"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = False
    public: bool = False


@dataclass(frozen=True)
class HealthCheck:
    """A dependency by name, and a probe that raises when it is down."""

    name: str
    probe: Callable[[], None] = field(compare=False)


@collects
def extend_application(app: Any) -> None:
    """Set up a Flask extension on the web application, before any route is mounted."""


@collects
def register_blueprints() -> Sequence[Any]:
    """Return the blueprints to mount under ``/vault``.

    They come from ``kit.api.Blueprint``; every route needs sign-in and a permission
    unless it is marked public.
    """
    return ()


@collects
def register_permissions() -> Sequence[Permission]:
    """Return the permissions that the plugin's routes and queries ask for."""
    return ()


@collects
def register_jobs() -> Sequence[Any]:
    """Return the functions marked with ``kit.jobs.job`` that the worker may run."""
    return ()


@collects
def register_orchestrators() -> Sequence[Any]:
    """Return the plugin's subclasses of ``kit.orchestrator.Orchestrator``.

    One whose steps are wrong takes the plugin out. An old version stays among them
    while runs of it live.
    """
    return ()


@collects
def register_schedules() -> Sequence[Schedule]:
    """Return when jobs of the plugin run by themselves, where it is switched on."""
    return ()


@collects
def register_actions() -> Sequence[Action]:
    """Return the actions that other plugins may ``call`` by name."""
    return ()


@collects
def register_commands() -> Sequence[Any]:
    """Return click commands and groups to stand beside the host's own.

    Each is named in the plugin.toml below ``[commands]``, with what it is for in one
    line: the command line lists them without importing any plugin.
    """
    return ()


@collects
def register_health_checks() -> Sequence[HealthCheck]:
    """Return the outside dependencies without which the plugin cannot work."""
    return ()


@collects
def load_samples() -> str | None:
    """Load samples into the current tenant for ``archivolt demo``; return what came.

    It runs in a transaction of its own and must be harmless when repeated.
    """
    return None


@collects
def purge_storage(before: float) -> int:
    """Delete files older than ``before`` that no row needs; return how many.

    ``before`` is in seconds since the epoch: younger files may belong to a request
    that is still under way.
    """
    return 0
