"""HTTP for the groups domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity.groups import logic
from archivolt_core_identity.groups.schemas import (
    GroupChangeSchema,
    GroupQuery,
    GroupSchema,
    InnerGroupQuery,
    MemberQuery,
    NewGroupSchema,
)
from archivolt_core_identity.groups.service import groups
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.schemas import UserSchema
from archivolt_core_identity.users.service import users
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

blueprint = Blueprint("groups", __name__, description="Groups of users.")


@blueprint.route("/groups")
class Groups(ModelAPIView):
    """All groups of the tenant."""

    @requires("users.read")
    @blueprint.arguments(GroupQuery, location="query")
    @blueprint.response(200, page_of(GroupSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List groups."""
        return answer(groups.filter(Page.of(query), **query))

    @requires("users.manage")
    @blueprint.arguments(NewGroupSchema)
    @blueprint.response(201, GroupSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Make a group."""
        group = logic.create(**values)
        place = {"Location": f"/vault/groups/{group.id}"}
        return group, 201, {**headers(group), **place}


@blueprint.route("/groups/<uuid:id>")
class OneGroup(ModelAPIView):
    """One group."""

    @requires("users.read")
    @blueprint.response(200, GroupSchema)
    def get(self, id: UUID) -> Any:
        """Show a group."""
        group = groups.get(id)
        return not_modified(group) or (group, 200, headers(group))

    @requires("users.manage")
    @blueprint.arguments(GroupChangeSchema)
    @blueprint.response(200, GroupSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Rename or describe a group. ``If-Match`` required."""
        group = groups.get(id)
        require_match(group)
        changed = logic.change(group, values)
        return changed, 200, headers(changed)

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete a group, and what it gave its members. ``If-Match`` required."""
        group = groups.get(id)
        require_match(group)
        logic.delete(group)


@blueprint.route("/groups/<uuid:id>/users")
class Members(ModelAPIView):
    """The users inside a group."""

    @requires("users.read")
    @blueprint.arguments(MemberQuery, location="query")
    @blueprint.response(200, page_of(UserSchema))
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """List those who are in the group themselves."""
        group = groups.get(id)
        found = users.filter(Page.of(query), group_id=group.id)
        found.items = [people.shown(user) for user in found.items]
        return answer(found)


@blueprint.route("/groups/<uuid:id>/users/<uuid:user_id>")
class Member(ModelAPIView):
    """One user inside a group."""

    @requires("users.manage")
    @blueprint.response(204)
    def put(self, id: UUID, user_id: UUID) -> None:
        """Put a user into a group."""
        logic.add_user(groups.get(id), user_id)

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID, user_id: UUID) -> None:
        """Take a user out of a group."""
        logic.remove_user(groups.get(id), user_id)


@blueprint.route("/groups/<uuid:id>/groups")
class InnerGroups(ModelAPIView):
    """The groups inside a group."""

    @requires("users.read")
    @blueprint.arguments(InnerGroupQuery, location="query")
    @blueprint.response(200, page_of(GroupSchema))
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """List the groups that are in the group themselves."""
        group = groups.get(id)
        return answer(groups.filter(Page.of(query), outer_id=group.id))


@blueprint.route("/groups/<uuid:id>/groups/<uuid:inner_id>")
class InnerGroup(ModelAPIView):
    """One group inside a group."""

    @requires("users.manage")
    @blueprint.response(204)
    def put(self, id: UUID, inner_id: UUID) -> None:
        """Put a group into a group; a circle is refused."""
        logic.add_group(groups.get(id), inner_id)

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID, inner_id: UUID) -> None:
        """Take a group out of a group."""
        logic.remove_group(groups.get(id), inner_id)
