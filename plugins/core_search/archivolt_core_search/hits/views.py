"""HTTP for searching: parse, call, answer."""

from typing import Any

from archivolt_core_search.hits import logic
from archivolt_core_search.hits.schemas import HitSchema, SearchQuery
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    requires,
)

blueprint = Blueprint("search", __name__, description="Find documents by their words.")


@blueprint.route("/search")
class Search(ModelAPIView):
    """Search over all documents."""

    @requires("documents.read")
    @blueprint.arguments(SearchQuery, location="query")
    @blueprint.response(200, page_of(HitSchema))
    def get(self, query: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Find documents; the best come first."""
        page = Page.of(query)
        return answer(logic.search(page, query.pop("q"), query))
