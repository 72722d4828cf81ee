"""The blob driver that the manifest chose."""

from archivolt_core_documents.blobs.port import Blobs
from archivolt_host.kit.drivers import driver
from archivolt_host.kit.settings import setting


def blobs() -> Blobs:
    """Return the driver, made once per process."""
    found: Blobs = driver("blobs", setting("core_documents", "blob_driver"))
    return found
