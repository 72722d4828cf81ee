"""Creating a tenant: entered, provisioned, given its first user, activated."""

from collections.abc import Callable, Iterator
from uuid import UUID

from archivolt_host.errors import RefusedError
from archivolt_host.orchestration.orchestrator import Orchestrator
from archivolt_host.orchestration.steps import Step
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, migrating, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import ACTIVE

_catalog: Callable[[], Catalog]
_provisioner: Callable[[], Provisioner]


def bind(
    catalog: Callable[[], Catalog], provisioner: Callable[[], Provisioner]
) -> None:
    """Make these the catalog and the maker of databases of this process."""
    global _catalog, _provisioner
    _catalog, _provisioner = catalog, provisioner


class CreateTenant(Orchestrator):
    """Make a tenant whole, or not at all.

    The password is never written down. Should the process die before the first user is
    there, the tenant is taken back.
    """

    scope = "system"
    unwritten = ("password",)

    def __init__(
        self,
        slug: str,
        placement: str = "sqlite",
        admin: str = "",
        password: str | None = None,
    ) -> None:
        self.slug = slug
        self.placement = placement
        self.admin = admin
        self.password = password

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order they happen."""
        yield Step("enter", self.enter, undo=self.leave)
        yield Step("provision", self.provision, undo=self.drop, external=True)
        yield Step(
            "first admin",
            self.create_first_admin,
            irreversible="The user goes with the database.",
            external=True,
            when=lambda: bool(self.admin),
        )
        yield Step("activate", self.activate, irreversible="Nothing comes after it.")

    def enter(self) -> UUID:
        """Take the name; a used one is refused before anything else happens.

        So is one whose database is there: later it cannot be told from our own.
        """
        tenant = _catalog().add(self.slug, self.slug, self.placement)
        _provisioner().refuse_used(tenant.place)
        return tenant.id

    def leave(self) -> None:
        """Free the name."""
        _catalog().remove(self.slug)

    def provision(self) -> None:
        """Make the database."""
        failed = _provisioner().create(self._tenant.place)
        migrating.note(self.slug, _provisioner().plan.fingerprint, failed)

    def drop(self) -> None:
        """Remove the database."""
        place = self._tenant.place
        sessions.databases().of(place).forget(place)
        _provisioner().drop(place)

    def create_first_admin(self) -> None:
        """Have whoever knows users make the first one."""
        if self.password is None:
            raise RefusedError(
                f"The creation of {self.slug} broke off, and the first user's password "
                "was not written down: create the tenant again."
            )
        given = {"username": self.admin, "password": self.password}
        with context.acting(self._tenant), sessions.transaction():
            dispatch.call("create_first_admin", **given)

    def activate(self) -> None:
        """Let requests in."""
        _catalog().set_state(self.slug, ACTIVE)

    @property
    def _tenant(self) -> Tenant:
        return _catalog().in_any_state(self.outputs["enter"])
