"""Every database access of the scopes domain, and nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Table, func, insert, literal, select

from archivolt_core_permissions.scopes.models import ScopePath
from archivolt_host.kit.service import Service

PATH: Table = ScopePath.__table__  # type: ignore[assignment]


class ScopeService(Service[ScopePath]):
    """The containers of the current tenant, and what lies in what."""

    sql_verbs = ("lock", "is_known", "path", "add", "cut", "hang", "drop")

    def lock(self, *, alone: bool) -> None:
        """Keep moves apart from all that reads a path in order to write one.

        Else a container could be made below one that is being moved, and keep the
        rights of the old place. On SQLite there is one writer anyway.
        """
        if self.connection.dialect.name == "postgresql":
            take = (
                func.pg_advisory_xact_lock
                if alone
                else func.pg_advisory_xact_lock_shared
            )
            name = func.hashtext(func.current_schema() + ".permissions_scope_path")
            self.connection.execute(select(take(name)))

    def is_known(self, scope: UUID) -> bool:
        """Return whether this is a container."""
        itself = select(PATH.c.depth).where(
            PATH.c.scope_id == scope, PATH.c.ancestor_id == scope
        )
        return self.connection.scalar(itself) is not None

    def path(self, scope: UUID) -> list[UUID]:
        """Return a container and all above it, from below, the tenant left out."""
        query = select(PATH.c.ancestor_id).where(PATH.c.scope_id == scope)
        return list(self.connection.scalars(query.order_by(PATH.c.depth)))

    def add(self, scope: UUID, parent: UUID | None) -> None:
        """Enter a new container below its parent."""
        above = select(
            PATH.c.ancestor_id, literal(scope, PATH.c.scope_id.type), PATH.c.depth + 1
        ).where(PATH.c.scope_id == parent)
        itself = {"scope_id": scope, "ancestor_id": scope, "depth": 0}
        self.connection.execute(insert(PATH), itself)
        if parent is not None:
            names = ("ancestor_id", "scope_id", "depth")
            self.connection.execute(insert(PATH).from_select(names, above))

    def cut(self, scope: UUID) -> None:
        """Take a container out of all above it, with everything in it."""
        below = select(PATH.c.scope_id).where(PATH.c.ancestor_id == scope)
        above = select(PATH.c.ancestor_id).where(
            PATH.c.scope_id == scope, PATH.c.depth > 0
        )
        self.connection.execute(
            PATH.delete().where(
                PATH.c.scope_id.in_(below), PATH.c.ancestor_id.in_(above)
            )
        )

    def hang(self, scope: UUID, parent: UUID) -> None:
        """Put a container that was cut, with everything in it, below another one."""
        above, below = PATH.alias("above"), PATH.alias("below")
        rows = (
            select(
                above.c.ancestor_id, below.c.scope_id, above.c.depth + below.c.depth + 1
            )
            .join_from(above, below, below.c.ancestor_id == scope)  # each with each
            .where(above.c.scope_id == parent)
        )
        names = ("ancestor_id", "scope_id", "depth")
        self.connection.execute(insert(PATH).from_select(names, rows))

    def drop(self, scopes: Sequence[UUID]) -> None:
        """Forget containers."""
        self.connection.execute(
            PATH.delete().where(
                PATH.c.scope_id.in_(scopes) | PATH.c.ancestor_id.in_(scopes)
            )
        )


scopes = ScopeService()
