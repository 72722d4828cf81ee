"""HTTP for exports: parse, call, answer."""

from typing import Any

from flask import Response

from archivolt_core_audit.exports import logic
from archivolt_core_audit.exports.schemas import ExportQuery
from archivolt_host.kit.api import Blueprint, ModelAPIView, requires
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import now

blueprint = Blueprint("exports", __name__, description="The journal as a file.")
TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@blueprint.route("/journal/export")
class Export(ModelAPIView):
    """The journal as a file."""

    @requires("audit.read")
    @blueprint.arguments(ExportQuery, location="query")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
    def get(self, query: dict[str, Any]) -> Response:
        """Download what was done as CSV or JSON, oldest first."""
        format = query.pop("format")
        name = f"journal-{tenant().slug}-{now():%Y-%m-%d}.{format}"
        return Response(
            logic.export(format, query),
            content_type=TYPES[format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
