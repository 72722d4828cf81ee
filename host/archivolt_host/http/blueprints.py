"""The Blueprint and views that plugins use: parse, call, answer, all documented."""

from typing import Any, ClassVar

import flask_smorest
from flask.views import MethodView
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType


class Parser(FlaskParser):
    """Answers 400 with the field's name, and 415 where the body is not JSON."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - as typed there

    def load_json(self, req: Any, schema: Any) -> Any:
        """Return the body as JSON, or a missing value where there is no body."""
        if not req.is_json:
            if req.content_length or "Transfer-Encoding" in req.headers:
                raise UnsupportedMediaType()
            return missing
        try:
            return req.get_json()
        except BadRequest as error:
            raise BadRequest("The body is not valid JSON.") from error
        except RecursionError as error:
            raise BadRequest("The body is nested too deeply.") from error


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Routes of one plugin, documented in OpenAPI."""

    ARGUMENTS_PARSER: ClassVar[Parser] = Parser()


class ModelAPIView(MethodView):
    """A view with one method per HTTP verb; what it does not declare stays closed."""
