"""HTTP for the users domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity.users import logic
from archivolt_core_identity.users.schemas import (
    MeSchema,
    NewUserSchema,
    ProfileSchema,
    UserChangeSchema,
    UserQuery,
    UserSchema,
)
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
    signed_in,
)
from archivolt_host.kit.context import actor

blueprint = Blueprint(
    "users", __name__, description="People and what they do here.",
    extra_mounts=("/api/v1",),
)  # fmt: skip
me = Blueprint("me", __name__, description="Who is signed in.")


@blueprint.route("/users")
class Users(ModelAPIView):
    """All users of the tenant."""

    @requires("users.read")
    @blueprint.arguments(UserQuery, location="query")
    @blueprint.response(200, page_of(UserSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List users."""
        found = users.filter(Page.of(query), **query)
        found.items = logic.all_shown(found.items)
        return answer(found)

    @requires("users.manage")
    @blueprint.arguments(NewUserSchema)
    @blueprint.response(201, UserSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Add a user, as a member where no roles are named."""
        user = logic.create(**values)
        place = {"Location": f"/vault/users/{user.id}"}
        return logic.shown(user), 201, {**headers(user), **place}


@blueprint.route("/users/<uuid:id>")
class OneUser(ModelAPIView):
    """One user."""

    @requires("users.read")
    @blueprint.response(200, UserSchema)
    def get(self, id: UUID) -> Any:
        """Show a user."""
        user = users.get(id)
        return not_modified(user) or (logic.shown(user), 200, headers(user))

    @requires("users.manage")
    @blueprint.arguments(UserChangeSchema)
    @blueprint.response(200, UserSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Change a user, or disable one: that ends all they have open at once."""
        user = users.get(id)
        require_match(user)
        changed = logic.change(user, values)
        return logic.shown(changed), 200, headers(changed)

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete a user who left nothing behind; others can be disabled."""
        user = users.get(id)
        require_match(user)
        logic.delete(user)


@me.route("/me")
class Me(ModelAPIView):
    """The user who is asking."""

    @signed_in()
    @me.response(200, MeSchema)
    def get(self) -> Any:
        """Show who is signed in, and what they may do."""
        user = users.get(actor().id)
        return logic.profile(user), 200, headers(user)

    @signed_in()
    @me.arguments(ProfileSchema)
    @me.response(200, MeSchema)
    def patch(self, values: dict[str, Any]) -> Any:
        """Change one's own profile. ``If-Match`` required."""
        user = users.get(actor().id)
        require_match(user)
        changed = logic.change_own(user, values)
        return logic.profile(changed), 200, headers(changed)
