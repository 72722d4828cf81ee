"""HTTP for the keys domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity.keys import logic
from archivolt_core_identity.keys.schemas import (
    KeyQuery,
    KeySchema,
    MadeKeySchema,
    NewKeySchema,
)
from archivolt_core_identity.keys.service import keys
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    signed_in,
)

blueprint = Blueprint("keys", __name__, description="Keys for programs.")
SHOWN = KeySchema()


@blueprint.route("/keys")
class Keys(ModelAPIView):
    """Keys of one's own, or of a service account."""

    @signed_in()
    @blueprint.arguments(KeyQuery, location="query")
    @blueprint.response(200, page_of(KeySchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List one's own keys; others' with ``user_id``, for who manages users."""
        owner = logic.visible_to_caller(query.pop("user_id", None))
        return answer(keys.filter(Page.of(query), user_id=owner))

    @signed_in()
    @blueprint.arguments(NewKeySchema)
    @blueprint.response(201, MadeKeySchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Make a key. It is shown in this answer and never again."""
        key, text = logic.create(**sent)
        place = {"Location": f"/vault/keys/{key.id}", "Cache-Control": "no-store"}
        return {**SHOWN.dump(key), "key": text}, 201, place


@blueprint.route("/keys/<uuid:id>")
class OneKey(ModelAPIView):
    """One key."""

    @signed_in()
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Revoke a key: it is worthless at once."""
        logic.revoke(id)
