"""How contents come in and go out over HTTP: streamed, never held whole."""

from archivolt_core_documents.contents.receiving import Received, receive
from archivolt_core_documents.contents.sending import download

__all__ = ["Received", "download", "receive"]
