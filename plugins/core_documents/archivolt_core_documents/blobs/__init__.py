"""Where contents are kept: one blob per tenant and content, named by its SHA-256."""

from archivolt_core_documents.blobs.chosen import blobs
from archivolt_core_documents.blobs.port import Blobs, Incoming

__all__ = ["Blobs", "Incoming", "blobs"]
