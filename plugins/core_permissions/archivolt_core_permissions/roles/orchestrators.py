"""Changes of roles, which change the rights of all who have them."""

from typing import Any

from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles import logic
from archivolt_core_permissions.roles.models import Role
from archivolt_core_permissions.roles.service import roles


def change(role: Role, values: dict[str, Any]) -> Role:
    """Change a role, for all who have it."""
    rights.changing()
    return logic.change(role, values)


def delete(role: Role) -> None:
    """Delete a role that nobody has."""
    logic.ensure_removable(role, grants.count_of(role.id))
    rights.changing()
    roles.delete(role)
