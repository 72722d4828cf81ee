"""The rules of the folders domain. Knows no SQL and no HTTP."""

from typing import Any
from uuid import UUID

from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.models import MANAGE, READ, SHARE, Folder
from archivolt_core_documents.folders.service import folders
from archivolt_hookspecs.permissions import ScopeInfo
from archivolt_host.kit import access
from archivolt_host.kit.context import actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import InvalidError, NotFoundError, RefusedError

KIND = "folder"
MAX_DEPTH = 50


def get(id: UUID, action: str = READ) -> Folder:
    """Return a folder to act on; one out of sight is not found."""
    folder = folders.get(id, visible=access.filter(READ))
    if action != READ:
        access.check(action, folders.scope(folder))
    return folder


def enter(id: UUID | None, action: str, field: str = "folder_id") -> None:
    """Refuse a folder that is not there or not seen, or where it may not be done."""
    if id is not None:
        try:
            get(id)
        except NotFoundError:
            raise InvalidError(
                f"There is no folder {id}.", {field: ["No such folder."]}
            ) from None
    access.check(action, access.inside(id))


def create(name: str, parent_id: UUID | None = None) -> Folder:
    """Make a folder; two of one name in one place are refused."""
    enter(parent_id, MANAGE, "parent_id")
    _refuse_deep(len(_path(parent_id)) + 1)
    _refuse_taken(name, parent_id)
    folder = folders.create(name=name, parent_id=parent_id, created_by=actor().id)
    access.place(folder.id, parent_id, KIND)
    return folder


def change(folder: Folder, values: dict[str, Any]) -> Folder:
    """Rename or move a folder; not into itself, nor where the caller may not."""
    name = values.get("name", folder.name)
    parent_id = values.get("parent_id", folder.parent_id)
    if parent_id != folder.parent_id:
        enter(parent_id, MANAGE, "parent_id")
        folders.lock_tree()
        above = _path(parent_id)
        if folder.id in above:
            raise RefusedError("A folder cannot be moved into itself.")
        _refuse_deep(len(above) + folders.height(folder.id))
    if (name, parent_id) != (folder.name, folder.parent_id):
        _refuse_taken(name, parent_id)
    moved = parent_id != folder.parent_id
    folder = folders.update(folder, name=name, parent_id=parent_id, updated_at=now())
    if moved:
        access.place(folder.id, parent_id, KIND)
    return folder


def _path(parent_id: UUID | None) -> list[UUID]:
    if parent_id is None:
        return []
    found = folders.ancestors(parent_id)
    if not found:
        raise InvalidError(
            f"There is no folder {parent_id}.", {"parent_id": ["No such folder."]}
        )
    return found


def _refuse_deep(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RefusedError(f"Folders lie at most {MAX_DEPTH} deep.")


def _refuse_taken(name: str, parent_id: UUID | None) -> None:
    if folders.named(name, parent_id) is not None:
        raise RefusedError(f"There is a folder {name} here already.")


def delete(folder: Folder, *, holds_documents: bool) -> None:
    """Delete an empty folder."""
    if holds_documents or folders.has_children(folder.id):
        raise RefusedError(
            "The folder is not empty: move or delete what is in it first."
        )
    folders.delete(folder)
    access.remove([folder.id])


def as_scope(id: UUID) -> ScopeInfo | None:
    """Return a folder or a document as what rights can be held on, or None."""
    for document in documents.by_ids([id], visible=access.EVERYTHING):
        place, name = document.folder_id, document.title
        return ScopeInfo(id, place, "document", name, READ, SHARE)
    try:
        folder = folders.get(id, visible=access.EVERYTHING)
    except NotFoundError:
        return None
    return ScopeInfo(id, folder.parent_id, KIND, folder.name, READ, SHARE)
