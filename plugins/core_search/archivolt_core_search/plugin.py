"""The search plugin: all that it adds to the platform, on one page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from archivolt_core_search.hits import views
from archivolt_core_search.index import logic, orchestrators
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.documents import DocumentInfo
from archivolt_hookspecs.registration import Schedule


class Search:
    """Finds documents by the words in them, in the database that holds them."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve ``/vault/search``."""
        return [views.blueprint]

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Hold the index against the documents every week."""
        check = orchestrators.check_index
        return [Schedule("check_index", check, every=7 * 86400, shared=True)]

    @hookimpl
    def document_saved(self, document: DocumentInfo, text: str | None) -> None:
        """Index title, file name, tags and metadata, and the text of a new version."""
        logic.follow(document, text)

    @hookimpl
    def document_text_saved(self, document: DocumentInfo, text: str) -> None:
        """Index the text of the current version in place of the old one's."""
        logic.follow_text(document, text)

    @hookimpl
    def document_trashed(self, document: DocumentInfo) -> None:
        """Find it no more."""
        logic.forget([document.id])

    @hookimpl
    def document_restored(self, document: DocumentInfo) -> None:
        """Find it again; its text comes after."""
        logic.follow(document)

    @hookimpl
    def resync(self, since: datetime | None) -> int:
        """Enter what changed while the plugin was off, and forget what went."""
        return logic.resync(since)
