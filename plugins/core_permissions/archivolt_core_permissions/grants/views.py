"""HTTP for the grants domain: parse, call, answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from archivolt_core_permissions.grants import logic
from archivolt_core_permissions.grants.schemas import (
    GrantQuery,
    GrantSchema,
    NewGrantSchema,
)
from archivolt_core_permissions.grants.service import grants
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.permissions import role_granted, role_revoked
from archivolt_host.kit.access import allowed
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    signed_in,
)

NEWS = (role_granted.__name__, role_revoked.__name__)
blueprint = Blueprint("grants", __name__, description="Who has which role, and where.")


@blueprint.route("/grants")
class Grants(ModelAPIView):
    """All grants of the tenant."""

    @signed_in()
    @blueprint.arguments(GrantQuery, location="query")
    @blueprint.response(200, page_of(GrantSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List grants: all with ``grants.read``, else one's own and what one shares."""
        page = Page.of(query)
        found = grants.filter(page, **logic.filters(query))
        found.items = logic.shown(found.items)
        return answer(found)

    @signed_in()
    @blueprint.arguments(NewGrantSchema)
    @blueprint.response(201, GrantSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Grant a role: with ``grants.manage``, or where one may share.

        Nobody can give what they do not hold. To deny needs ``grants.manage``; a denial
        wins over whatever allows.
        """
        grant = logic.create(**values)
        place = {"Location": f"/vault/grants/{grant.id}"}
        return logic.shown([grant])[0], 201, place


@blueprint.route("/grants/<uuid:id>")
class OneGrant(ModelAPIView):
    """One grant."""

    @signed_in()
    @blueprint.response(200, GrantSchema)
    def get(self, id: UUID) -> Any:
        """Show a grant."""
        return logic.shown([logic.seen(id)])[0]

    @signed_in()
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Revoke a grant: whoever may give it may take it."""
        logic.revoke(logic.seen(id))


def visible_events(events: Sequence[EventInfo]) -> list[int]:
    """Return the positions of the news of grants, for who may see all grants."""
    if not allowed(logic.READ):
        return []
    return [event.position for event in events if event.hook in NEWS]
