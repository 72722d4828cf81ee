"""HTTP for the roles domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_permissions.roles import logic, orchestrators
from archivolt_core_permissions.roles.schemas import (
    NewRoleSchema,
    RoleChangeSchema,
    RoleQuery,
    RoleSchema,
)
from archivolt_core_permissions.roles.service import roles
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    not_modified,
    page_of,
    require_match,
    requires,
)

blueprint = Blueprint("roles", __name__, description="Named sets of permissions.")


@blueprint.route("/roles")
class Roles(ModelAPIView):
    """All roles of the tenant."""

    @requires("roles.read")
    @blueprint.arguments(RoleQuery, location="query")
    @blueprint.response(200, page_of(RoleSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List roles with their permissions."""
        found = roles.filter(Page.of(query), **query)
        found.items = [logic.shown(role) for role in found.items]
        return answer(found)

    @requires("roles.manage")
    @blueprint.arguments(NewRoleSchema)
    @blueprint.response(201, RoleSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Make a role of permissions that you hold yourself."""
        role = logic.create(**values)
        place = {"Location": f"/vault/roles/{role.id}"}
        return logic.shown(role), 201, {**headers(role), **place}


@blueprint.route("/roles/<uuid:id>")
class OneRole(ModelAPIView):
    """One role."""

    @requires("roles.read")
    @blueprint.response(200, RoleSchema)
    def get(self, id: UUID) -> Any:
        """Show a role."""
        role = roles.get(id)
        return not_modified(role) or (logic.shown(role), 200, headers(role))

    @requires("roles.manage")
    @blueprint.arguments(RoleChangeSchema)
    @blueprint.response(200, RoleSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Change a role, for all who have it at once. ``If-Match`` required."""
        role = roles.get(id)
        require_match(role)
        changed = orchestrators.change(role, values)
        return logic.shown(changed), 200, headers(changed)

    @requires("roles.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete a role that nobody has. ``If-Match`` required."""
        role = roles.get(id)
        require_match(role)
        orchestrators.delete(role)
