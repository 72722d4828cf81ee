"""Every database access of the folders domain, and nothing else."""

from uuid import UUID

from sqlalchemy import func, literal, select

from archivolt_core_documents.folders.models import Folder
from archivolt_host.kit.service import Service


class FolderService(Service[Folder]):
    """Folders of the current tenant."""

    model = Folder
    kind = "Folder"
    sorts = ("name", "created_at")
    scope_columns = ("id", "id")  # each lies in itself
    sql_verbs = ("exists", "named", "ancestors", "height", "has_children", "lock_tree")

    def exists(self, id: UUID) -> bool:
        """Return whether there is such a folder."""
        query = select(self._c["id"]).where(self._c["id"] == id)
        return self.connection.scalar(query) is not None

    def named(self, name: str, parent_id: UUID | None) -> Folder | None:
        """Return the folder of that name in a parent, or None."""
        return self._first(
            self._sql.select.where(
                self._c["name"] == name, self._c["parent_id"] == parent_id
            )
        )

    def has_children(self, id: UUID) -> bool:
        """Return whether a folder holds folders."""
        query = select(self._c["id"]).where(self._c["parent_id"] == id).limit(1)
        return self.connection.scalar(query) is not None

    def ancestors(self, id: UUID) -> list[UUID]:
        """Return a folder and all above it, from below."""
        columns = select(self._c["id"], self._c["parent_id"])
        above = columns.where(self._c["id"] == id).cte("above", recursive=True)
        parents = columns.join(above, self._c["id"] == above.c.parent_id)
        return list(self.connection.scalars(select(above.union(parents).c.id)))

    def height(self, id: UUID) -> int:
        """Return how many folders lie below each other from here on, at most."""
        here = select(self._c["id"], literal(1).label("level"))
        below = here.where(self._c["id"] == id).cte("below", recursive=True)
        child = select(self._c["id"], below.c.level + 1).join(
            below, self._c["parent_id"] == below.c.id
        )
        whole = below.union_all(child)
        return int(self.connection.scalar(select(func.max(whole.c.level))) or 0)

    def lock_tree(self) -> None:
        """Let no two moves cross: together they could close a circle."""
        if self.connection.dialect.name == "postgresql":
            name = func.hashtext(func.current_schema() + ".documents_folder")
            self.connection.execute(select(func.pg_advisory_xact_lock(name)))


folders = FolderService()
