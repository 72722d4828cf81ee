"""One of many by name: ``driver("blobs", "local")``."""

from archivolt_host.plugins.drivers import driver

__all__ = ["driver"]
