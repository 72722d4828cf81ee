"""The deployment's manifest.toml: which plugins, for which tenants, set how."""

from archivolt_host.plugins.manifest.checking import check, check_file, find_problems
from archivolt_host.plugins.manifest.example import example
from archivolt_host.plugins.manifest.explaining import (
    Effective,
    completed,
    effective,
    effective_host,
    enabled_plugins,
    grants,
    missing_settings,
)
from archivolt_host.plugins.manifest.host_settings import HOST_SETTINGS, defaults
from archivolt_host.plugins.manifest.model import (
    Manifest,
    ManifestError,
    Problem,
    TenantManifest,
)
from archivolt_host.plugins.manifest.reading import (
    manifest_files,
    parse_manifest,
    read_manifest,
)

__all__ = [
    "HOST_SETTINGS",
    "Effective",
    "Manifest",
    "ManifestError",
    "Problem",
    "TenantManifest",
    "check",
    "check_file",
    "completed",
    "defaults",
    "effective",
    "effective_host",
    "enabled_plugins",
    "example",
    "find_problems",
    "grants",
    "manifest_files",
    "missing_settings",
    "parse_manifest",
    "read_manifest",
]
