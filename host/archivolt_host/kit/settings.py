"""A plugin's own settings, as they hold for the current tenant."""

from typing import Any

from archivolt_host.plugins import dispatch
from archivolt_host.plugins.secrets import resolve_secret
from archivolt_host.tenants import context


def setting(plugin: str, name: str) -> Any:
    """Return the effective value of one setting."""
    tenant = context.tenant_or_none()
    return dispatch.registry().settings(plugin, tenant.slug if tenant else None)[name]


def secret(plugin: str, name: str) -> str:
    """Return the text of a secret setting, read now from where the manifest says."""
    found = setting(plugin, name)
    return resolve_secret(found) if found else ""
