"""HTTP for the definitions domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from flask import Response, request

from archivolt_core_workflow.definitions import logic
from archivolt_core_workflow.definitions.models import DefinitionVersion
from archivolt_core_workflow.definitions.schemas import (
    YAML,
    DefinitionListedSchema,
    DefinitionQuery,
    DefinitionSchema,
    DefinitionVersionSchema,
    SoundnessSchema,
    SourceQuery,
)
from archivolt_core_workflow.definitions.service import definitions
from archivolt_core_workflow.engine import drawing, reading, writing
from archivolt_core_workflow.instances import logic as instances
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

START, DESIGN = "workflow.start", "workflow.design"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DefinitionSchema},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}

blueprint = Blueprint(
    "definitions",
    __name__,
    description="Processes as data: drafted, checked, published, drawn.",
    url_prefix="/workflow",
)


def _source() -> Any:
    """Return the body: YAML where it says so, else JSON."""
    is_yaml = YAML in (request.mimetype or "")
    read = writing.from_yaml if is_yaml else writing.from_json
    return read(request.get_data())


def _shown(row: DefinitionVersion, status: int = 200) -> tuple[Any, int, Any]:
    place = {"Location": f"/vault/workflow/definitions/{row.id}"}
    return row, status, {**headers(row), **(place if status == 201 else {})}


@blueprint.route("/definitions")
class Definitions(ModelAPIView):
    """All definitions."""

    @requires(START)
    @blueprint.arguments(DefinitionQuery, location="query")
    @blueprint.response(200, page_of(DefinitionListedSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List the versions of definitions; ``state=published`` are those in use."""
        return answer(definitions.filter(Page.of(query), **query))

    @requires(DESIGN)
    @blueprint.doc(**BODY)
    @blueprint.response(201, DefinitionVersionSchema)
    def post(self) -> Any:
        """Save a definition, in JSON or YAML, as the draft of its key."""
        return _shown(logic.save(_source()), 201)


@blueprint.route("/definitions/<uuid:id>")
class OneDefinition(ModelAPIView):
    """One version of a definition."""

    @requires(START)
    @blueprint.response(200, DefinitionVersionSchema)
    def get(self, id: UUID) -> Any:
        """Show a version with its source."""
        row = definitions.get(id)
        return not_modified(row) or _shown(row)

    @requires(DESIGN)
    @blueprint.doc(**BODY)
    @blueprint.response(200, DefinitionVersionSchema)
    def put(self, id: UUID) -> Any:
        """Write a draft anew. Needs ``If-Match``."""
        row = definitions.get(id)
        require_match(row)
        return _shown(logic.change(row, _source()))

    @requires(DESIGN)
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete a draft. Needs ``If-Match``."""
        row = definitions.get(id)
        require_match(row)
        logic.discard(row)


@blueprint.route("/definitions/<uuid:id>/source")
class Source(ModelAPIView):
    """A definition as a file."""

    @requires(START)
    @blueprint.arguments(SourceQuery, location="query")
    @blueprint.response(200, {"type": "string"}, content_type="*/*")
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """Export a version as JSON or YAML, as it can be imported elsewhere."""
        row = definitions.get(id)
        named = f'attachment; filename="{row.key}-{row.version}.{query["format"]}"'
        sent = {"Content-Disposition": named}
        if query["format"] == YAML:
            text = writing.to_yaml(row.source)
            return Response(text, headers=sent, mimetype="application/yaml")
        text = writing.to_json(row.source)
        return Response(text, headers=sent, mimetype="application/json")


@blueprint.route("/definitions/<uuid:id>/drawing")
class Drawing(ModelAPIView):
    """A definition as a picture."""

    @requires(START)
    @blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
    def get(self, id: UUID) -> Any:
        """Draw a version as SVG."""
        row = definitions.get(id)
        picture = drawing.draw(reading.read(row.source))
        return Response(picture, mimetype="image/svg+xml")


@blueprint.route("/definitions/<uuid:id>/check")
class Check(ModelAPIView):
    """What publishing would find."""

    @requires(START)
    @blueprint.response(200, SoundnessSchema)
    def get(self, id: UUID) -> Any:
        """Check a version, and tell which running instances would differ."""
        row = definitions.get(id)
        problems = logic.problems(row)
        running, differing = instances.differing(row) if not problems else (0, [])
        return {
            "sound": not problems,
            "problems": problems,
            "running": running,
            "differing": differing,
        }


@blueprint.route("/definitions/<uuid:id>/publish")
class Publish(ModelAPIView):
    """The way of a draft into use."""

    @requires(DESIGN)
    @blueprint.response(200, DefinitionVersionSchema)
    def post(self, id: UUID) -> Any:
        """Publish a draft that is sound; from now on it never changes."""
        row = definitions.get(id)
        match_if_sent(row)
        return _shown(logic.publish(row))
