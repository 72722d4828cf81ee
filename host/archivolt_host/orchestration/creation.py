"""Creating a tenant: entered, provisioned, given its first user, activated."""

from collections.abc import Iterator

from archivolt_host.orchestration.run import Orchestrator, Step
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, migrating, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import ACTIVE


class CreateTenant(Orchestrator):
    """Make a tenant whole, or not at all."""

    def __init__(
        self,
        catalog: Catalog,
        provisioner: Provisioner,
        slug: str,
        *,
        placement: str = "sqlite",
        admin: str = "",
        password: str = "",
    ) -> None:
        self.catalog = catalog
        self.provisioner = provisioner
        self.slug = slug
        self.placement = placement
        self.admin = admin
        self.password = password
        self.tenant: Tenant | None = None

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order they happen."""
        yield Step("enter", self.enter, undo=self.leave)
        yield Step("provision", self.provision, undo=self.drop)
        if self.admin:
            yield Step("first admin", self.create_first_admin)
        yield Step("activate", self.activate)

    def enter(self) -> None:
        """Take the name; a used one is refused before anything else happens."""
        self.tenant = self.catalog.add(self.slug, self.slug, self.placement)

    def leave(self) -> None:
        """Free the name, if it was this run that took it."""
        if self.tenant is not None:
            self.catalog.remove(self.slug)

    def provision(self) -> None:
        """Make the database."""
        failed = self.provisioner.create(self._entered.place)
        migrating.note(self.slug, self.provisioner.plan.fingerprint, failed)

    def drop(self) -> None:
        """Remove the database."""
        sessions.databases().of(self._entered.place).forget(self._entered.place)
        self.provisioner.drop(self._entered.place)

    def create_first_admin(self) -> None:
        """Have whoever knows users make the first one."""
        with context.acting(self._entered), sessions.transaction():
            dispatch.call(
                "create_first_admin", username=self.admin, password=self.password
            )

    def activate(self) -> None:
        """Let requests in."""
        self.catalog.set_state(self.slug, ACTIVE)

    @property
    def _entered(self) -> Tenant:
        if self.tenant is None:
            raise RuntimeError("The tenant has not been entered yet.")
        return self.tenant
