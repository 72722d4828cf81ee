"""A plugin's own settings, as they hold for the current tenant."""

from collections.abc import Sequence
from typing import Any

from archivolt_host.errors import RefusedError
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.secrets import resolve_secret
from archivolt_host.tenants import context


def setting(plugin: str, name: str) -> Any:
    """Return the effective value of one setting."""
    tenant = context.tenant_or_none()
    return dispatch.registry().settings(plugin, tenant.slug if tenant else None)[name]


def secret(plugin: str, name: str, *, sent_to: Sequence[str] = ()) -> str:
    """Return the text of a secret setting, read now from where the manifest says.

    ``sent_to`` are the settings that say whom it is shown to: where a tenant has set
    one of them, the operator's secret is refused, for it would go to a stranger.
    """
    found = setting(plugin, name)
    if not found:
        return ""
    _refuse_to_show(plugin, name, sent_to)
    return resolve_secret(found)


def _refuse_to_show(plugin: str, name: str, sent_to: Sequence[str]) -> None:
    tenant = context.tenant_or_none()
    own = dispatch.registry().set_at_run_time(plugin, tenant.slug if tenant else None)
    elsewhere = own.intersection(sent_to)
    if elsewhere and name not in own:
        raise RefusedError(
            f"{name} of {plugin} is the operator's, and {min(elsewhere)} was changed "
            f"for this tenant: set {name} too."
        )
