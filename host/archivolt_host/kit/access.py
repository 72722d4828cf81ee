"""What the caller may do."""

from collections.abc import Mapping

from archivolt_hookspecs.registration import Permission
from archivolt_host.errors import DeniedError
from archivolt_host.http.access import public, requires, signed_in
from archivolt_host.plugins.dispatch import allowed, registry


def check(permission: str) -> None:
    """Raise DeniedError unless the caller holds the permission."""
    if not allowed(permission):
        raise DeniedError(f"This needs the permission {permission}.")


def permissions() -> Mapping[str, Permission]:
    """Return every permission that a working plugin has declared, by name."""
    return registry().permissions


__all__ = [
    "Permission",
    "allowed",
    "check",
    "permissions",
    "public",
    "requires",
    "signed_in",
]
