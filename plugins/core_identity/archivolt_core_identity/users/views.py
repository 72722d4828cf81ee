"""HTTP for the users domain: parse, call, answer."""

from archivolt_core_identity.users.models import User
from archivolt_core_identity.users.schemas import MeSchema
from archivolt_core_identity.users.service import users
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in
from archivolt_host.kit.context import actor

blueprint = Blueprint("users", __name__, description="Who is signed in.")


@blueprint.route("/me")
class Me(ModelAPIView):
    """The user who is asking."""

    @signed_in()
    @blueprint.response(200, MeSchema)
    def get(self) -> User:
        """Show who is signed in."""
        return users.get(actor().id)
