"""HTTP for the invitations domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity.invitations import logic, orchestrators
from archivolt_core_identity.invitations.schemas import (
    AcceptSchema,
    InvitationQuery,
    InvitationSchema,
    NewInvitationSchema,
)
from archivolt_core_identity.invitations.service import invitations
from archivolt_core_identity.users.schemas import AccountSchema
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    public,
    requires,
)

blueprint = Blueprint("invitations", __name__, description="Invite people by mail.")


@blueprint.route("/invitations")
class Invitations(ModelAPIView):
    """All invitations."""

    @requires("users.manage")
    @blueprint.arguments(InvitationQuery, location="query")
    @blueprint.response(200, page_of(InvitationSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List invitations, the newest first."""
        return answer(invitations.filter(Page.of(query)))

    @requires("users.manage")
    @blueprint.arguments(NewInvitationSchema)
    @blueprint.response(201, InvitationSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Invite somebody by mail, as a member where no roles are named."""
        return orchestrators.invite(sent["email"], sent["roles"])


@blueprint.route("/invitations/<uuid:id>")
class OneInvitation(ModelAPIView):
    """One invitation."""

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Take an invitation back; an account that came of it stays."""
        invitations.delete(invitations.get(id))


@blueprint.route("/invitations/accept")
class AcceptInvitation(ModelAPIView):
    """The way in."""

    @public(signs_in=True)
    @blueprint.arguments(AcceptSchema)
    @blueprint.response(201, AccountSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Make one's account with the word from the message."""
        return logic.accept(**sent)
