"""HTTP for the folders domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_documents.documents import logic as documents
from archivolt_core_documents.folders import logic
from archivolt_core_documents.folders.models import MANAGE, READ
from archivolt_core_documents.folders.schemas import (
    FolderChangeSchema,
    FolderQuery,
    FolderSchema,
    NewFolderSchema,
)
from archivolt_core_documents.folders.service import folders
from archivolt_host.kit import access
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    not_modified,
    page_of,
    require_match,
    requires,
)

blueprint = Blueprint("folders", __name__, description="A tree of folders.")


@blueprint.route("/folders")
class Folders(ModelAPIView):
    """All folders."""

    @requires("documents.read")
    @blueprint.arguments(FolderQuery, location="query")
    @blueprint.response(200, page_of(FolderSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List folders; ``parent_id`` narrows to one parent."""
        return answer(
            folders.filter(Page.of(query), visible=access.filter(READ), **query)
        )

    @requires("folders.manage")
    @blueprint.arguments(NewFolderSchema)
    @blueprint.response(201, FolderSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Make a folder."""
        folder = logic.create(**values)
        place = {"Location": f"/vault/folders/{folder.id}"}
        return folder, 201, {**headers(folder), **place}


@blueprint.route("/folders/<uuid:id>")
class OneFolder(ModelAPIView):
    """One folder."""

    @requires("documents.read")
    @blueprint.response(200, FolderSchema)
    def get(self, id: UUID) -> Any:
        """Show a folder."""
        folder = logic.get(id)
        return not_modified(folder) or (folder, 200, headers(folder))

    @requires("folders.manage")
    @blueprint.arguments(FolderChangeSchema)
    @blueprint.response(200, FolderSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Rename or move a folder. ``If-Match`` required."""
        folder = logic.get(id, MANAGE)
        require_match(folder)
        changed = logic.change(folder, values)
        return changed, 200, headers(changed)

    @requires("folders.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete an empty folder. ``If-Match`` required."""
        folder = logic.get(id, MANAGE)
        require_match(folder)
        logic.delete(folder, holds_documents=documents.leave_folder(id))
