"""HTTP for the requests domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine.builtin import APPROVE, REJECT, REVIEW, SUBMIT
from archivolt_core_workflow.requests import logic
from archivolt_core_workflow.requests.models import Request
from archivolt_core_workflow.requests.schemas import (
    NewRequestSchema,
    RequestChangeSchema,
    RequestQuery,
    RequestSchema,
)
from archivolt_core_workflow.requests.service import requests
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    match_if_sent,
    not_modified,
    page_of,
    require_match,
    requires,
)

READ, CREATE = "requests.read", "requests.create"

blueprint = Blueprint(
    "requests",
    __name__,
    description="One asks, another decides.",
    extra_mounts=("/api/v1",),
)


@blueprint.route("/requests")
class Requests(ModelAPIView):
    """Requests that one made, or may decide on."""

    @requires(READ)
    @blueprint.arguments(RequestQuery, location="query")
    @blueprint.response(200, page_of(RequestSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List one's own requests; those who decide see what was submitted as well."""
        page = Page.of(query)
        return answer(requests.filter(page, **{**query, **_seen(query)}))

    @requires(CREATE)
    @blueprint.arguments(NewRequestSchema)
    @blueprint.response(201, RequestSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Make a request; it is a draft until it is submitted."""
        request = logic.create(**values)
        place = {"Location": f"/vault/requests/{request.id}"}
        return request, 201, {**headers(request), **place}


def _seen(query: dict[str, Any]) -> dict[str, Any]:
    """Return what narrows the list to what may be seen, whoever else is asked for."""
    return {
        f"{name}__eq" if name in query else name: value
        for name, value in logic.visible().items()
    }


@blueprint.route("/requests/<uuid:id>")
class OneRequest(ModelAPIView):
    """One request."""

    @requires(READ)
    @blueprint.response(200, RequestSchema)
    def get(self, id: UUID) -> Any:
        """Show a request."""
        request = logic.get(id)
        return not_modified(request) or (request, 200, headers(request))

    @requires(CREATE)
    @blueprint.arguments(RequestChangeSchema)
    @blueprint.response(200, RequestSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Change a draft of one's own. Needs ``If-Match``."""
        request = requests.get(id)
        require_match(request)
        changed = logic.change(request, values)
        return changed, 200, headers(changed)


def _advance(id: UUID, name: str) -> tuple[Request, int, dict[str, str]]:
    request = requests.get(id)
    match_if_sent(request)
    changed = logic.advance(request, name)
    return changed, 200, headers(changed)


@blueprint.route("/requests/<uuid:id>/submit")
class Submit(ModelAPIView):
    """The way from a draft to those who decide."""

    @requires(CREATE)
    @blueprint.response(200, RequestSchema)
    def post(self, id: UUID) -> Any:
        """Submit a draft of one's own."""
        return _advance(id, SUBMIT)


@blueprint.route("/requests/<uuid:id>/approve")
class Approve(ModelAPIView):
    """A yes."""

    @requires(REVIEW)
    @blueprint.response(200, RequestSchema)
    def post(self, id: UUID) -> Any:
        """Approve what somebody else has submitted."""
        return _advance(id, APPROVE)


@blueprint.route("/requests/<uuid:id>/reject")
class Reject(ModelAPIView):
    """A no."""

    @requires(REVIEW)
    @blueprint.response(200, RequestSchema)
    def post(self, id: UUID) -> Any:
        """Reject what somebody else has submitted."""
        return _advance(id, REJECT)
