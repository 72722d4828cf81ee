"""HTTP for the sessions domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity import caller
from archivolt_core_identity.sessions import logic
from archivolt_core_identity.sessions.schemas import SessionQuery, SessionSchema
from archivolt_core_identity.sessions.service import sessions
from archivolt_core_identity.users.service import users
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    requires,
    signed_in,
)
from archivolt_host.kit.context import actor

blueprint = Blueprint("sessions", __name__, description="One's sign-ins.")


@blueprint.route("/me/sessions")
class Sessions(ModelAPIView):
    """The sign-ins of the one who asks."""

    @signed_in()
    @blueprint.arguments(SessionQuery, location="query")
    @blueprint.response(200, page_of(SessionSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List one's own sign-ins, the newest first."""
        return answer(sessions.filter(Page.of(query), user_id=actor().id))

    @signed_in()
    @blueprint.response(204)
    def delete(self) -> None:
        """Sign out everywhere: every token and cookie of one's own ends at once."""
        caller.require_session()
        logic.sign_out_everywhere(actor().id)


@blueprint.route("/me/sessions/<uuid:id>")
class OneSession(ModelAPIView):
    """One sign-in of the one who asks."""

    @signed_in()
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """End one of one's own sign-ins."""
        caller.require_session()
        logic.sign_out(id)


@blueprint.route("/users/<uuid:id>/sessions")
class SessionsOfUser(ModelAPIView):
    """The sign-ins of a user."""

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Sign a user out everywhere."""
        logic.sign_out_everywhere(users.get(id).id)
