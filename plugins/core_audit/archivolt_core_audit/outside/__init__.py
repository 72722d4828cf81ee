"""Where seals are kept, out of the reach of whoever owns the tenant's database."""

from archivolt_core_audit.outside.port import Outside
from archivolt_host.kit.drivers import driver
from archivolt_host.kit.settings import setting


def outside() -> Outside:
    """Return the driver that the manifest chose, made once per process."""
    found: Outside = driver("seals", setting("core_audit", "seal_driver"))
    return found
