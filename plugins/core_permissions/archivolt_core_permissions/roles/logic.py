"""The rules of roles. Knows no SQL and no HTTP."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from archivolt_core_permissions.roles.models import (
    GUEST,
    MANAGER,
    MEMBER,
    OWNER,
    PLATFORM_ADMIN,
    PRESETS,
    Role,
)
from archivolt_core_permissions.roles.service import roles
from archivolt_hookspecs.registration import Permission
from archivolt_host.kit.access import Scope, allowed, permissions
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import DeniedError, InvalidError, RefusedError

RANKS = {OWNER: 0, MANAGER: 1, MEMBER: 2, GUEST: 3}


def preset_holds(name: str, permission: Permission) -> bool:
    """Return whether a preset holds a permission: each holds what those below hold."""
    named = set(permission.roles)
    if name == PLATFORM_ADMIN:
        return PLATFORM_ADMIN in named and not permission.scoped
    if name == OWNER:
        return named != {PLATFORM_ADMIN}
    return any(RANKS[name] <= RANKS[role] for role in named & RANKS.keys())


def is_preset(role: Role) -> bool:
    """Return whether a role is one that every tenant has."""
    return role.name in PRESETS


def permissions_of(role: Role) -> list[str]:
    """Return the permissions that a role holds now, in order."""
    if not is_preset(role):
        return sorted(role.permissions)
    declared = permissions().values()
    return sorted(p.name for p in declared if preset_holds(role.name, p))


def shown(role: Role) -> dict[str, Any]:
    """Return a role as the API shows it."""
    return {
        "id": role.id,
        "name": role.name,
        "summary": role.summary,
        "preset": is_preset(role),
        "permissions": permissions_of(role),
        "created_at": role.created_at,
        "updated_at": role.updated_at,
    }


def create(name: str, permissions: Sequence[str], summary: str = "") -> Role:
    """Make a role of permissions that its maker holds."""
    if roles.named(name) is not None:
        raise RefusedError(f"There is a role {name} already.")
    names = _known(permissions)
    refuse_beyond(names, whole())
    return roles.create(name=name, summary=summary, permissions=names)


def change(role: Role, values: dict[str, Any]) -> Role:
    """Change a role; as others get what is added, whoever adds it has to hold it."""
    if is_preset(role):
        raise RefusedError(f"{role.name} is the same in every tenant: make a role.")
    name = values.get("name", role.name)
    if name != role.name and roles.named(name) is not None:
        raise RefusedError(f"There is a role {name} already.")
    if "permissions" in values:
        values["permissions"] = _known(values["permissions"])
        refuse_beyond(set(values["permissions"]) - set(role.permissions), whole())
    return roles.update(role, updated_at=now(), **values)


def ensure_removable(role: Role, grants: int) -> None:
    """Refuse to delete a preset, and a role that somebody has."""
    if is_preset(role):
        raise RefusedError(f"{role.name} is the same in every tenant: it stays.")
    if grants:
        raise RefusedError(f"{role.name} is granted {grants} times: revoke that first.")


def forget_plugin(plugin: str) -> None:
    """Take the permissions of a plugin out of every role; they mean nothing now."""
    for role in roles.everyone():
        left = [n for n in role.permissions if not n.startswith(f"{plugin}.")]
        if left != role.permissions:
            roles.update(role, updated_at=now(), permissions=left)


def find(name: str) -> Role:
    """Return the role of a name, or say which there are."""
    found = roles.named(name)
    if found is None:
        raise InvalidError(
            f"There is no role {name}: GET /vault/roles lists them.",
            {"role": [f"No role {name}."]},
        )
    return found


def find_all(names: Sequence[str]) -> Sequence[Role]:
    """Return the roles of some names; one that is not there is an error."""
    found = roles.all_named(set(names)) if names else []
    if unknown := set(names) - {role.name for role in found}:
        lost = ", ".join(sorted(unknown))
        raise InvalidError(
            f"There is no role {lost}: GET /vault/roles lists them.",
            {"roles": [f"No role {lost}."]},
        )
    return found


def whole() -> Scope:
    """Return the tenant as a scope."""
    return Scope(tenant().id)


def refuse_beyond(names: Iterable[str], on: Scope) -> None:
    """Refuse to give what the caller does not hold."""
    if lacking := sorted(name for name in names if not allowed(name, on)):
        raise DeniedError(
            f"Nobody can give what they do not hold: you lack {', '.join(lacking)}."
        )


def _known(names: Sequence[str]) -> list[str]:
    declared = permissions()
    for name in names:
        if name not in declared or set(declared[name].roles) == {PLATFORM_ADMIN}:
            near = get_close_matches(name, list(declared), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InvalidError(
                f"There is no permission {name}.{hint}",
                {"permissions": [f"No permission {name}.{hint}"]},
            )
    return sorted(set(names))
