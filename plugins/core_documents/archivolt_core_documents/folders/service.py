"""Every database access of the folders domain, and nothing else."""

from uuid import UUID

from sqlalchemy import func, select

from archivolt_core_documents.folders.models import Folder
from archivolt_host.kit.service import Service


class FolderService(Service[Folder]):
    """Folders of the current tenant."""

    model = Folder
    kind = "Folder"
    sorts = ("name", "created_at")
    sql_verbs = ("exists", "named", "ancestors", "has_children", "lock_tree")

    def exists(self, id: UUID) -> bool:
        """Return whether there is such a folder."""
        return self.session.scalar(select(Folder.id).where(Folder.id == id)) is not None

    def named(self, name: str, parent_id: UUID | None) -> Folder | None:
        """Return the folder of that name in a parent, or None."""
        query = select(Folder).where(Folder.name == name, Folder.parent_id == parent_id)
        return self.session.scalar(query)

    def has_children(self, id: UUID) -> bool:
        """Return whether a folder holds folders."""
        query = select(Folder.id).where(Folder.parent_id == id).limit(1)
        return self.session.scalar(query) is not None

    def ancestors(self, id: UUID) -> list[UUID]:
        """Return a folder and all above it, from below."""
        above = select(Folder.id, Folder.parent_id).where(Folder.id == id)
        tree = above.cte("above", recursive=True)
        tree = tree.union(
            select(Folder.id, Folder.parent_id).join(
                tree, Folder.id == tree.c.parent_id
            )
        )
        return list(self.session.scalars(select(tree.c.id)))

    def lock_tree(self) -> None:
        """Let no two moves cross: together they could close a circle."""
        if self.session.get_bind().dialect.name == "postgresql":
            name = func.hashtext(func.current_schema() + ".documents_folder")
            self.session.execute(select(func.pg_advisory_xact_lock(name)))


folders = FolderService()
