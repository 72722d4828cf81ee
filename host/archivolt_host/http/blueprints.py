"""The Blueprint and views that plugins use: parse, call, answer, all documented."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import flask_smorest
from flask.views import MethodView
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from archivolt_host.errors import InvalidError

BORDER = (
    "Routes of a plugin end at its own: what holds for the whole application, such as "
    "before_app_request, has no place in a plugin."
)
MOUNT = re.compile(r"(?!/vault(/|$))(/[a-z0-9-]+)+")


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
        if req.content_length is None:
            _refuse_cut_off(req)
        try:
            return req.get_json()
        except BadRequest as error:
            raise InvalidError("The body is not valid JSON.") from error
        except RecursionError as error:
            raise InvalidError("The body is nested too deeply.") from error


def _refuse_cut_off(req: Any) -> None:
    """Answer 413 where werkzeug would silently end a chunked body at the limit."""
    req.get_data()
    req.stream.read(1)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Routes of one plugin, documented in OpenAPI.

    ``extra_mounts=("/api/v1",)`` serves the same views there too, for clients that
    know the product by other URLs: the tenant may come from the host name there, and
    ``If-Match`` is optional. An operator can switch all extra mounts off.
    """

    ARGUMENTS_PARSER: ClassVar[Parser] = Parser()
    _adds_route = False

    def __init__(
        self, *names: Any, extra_mounts: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(*names, **options)
        self.extra_mounts = tuple(extra_mounts)
        for prefix in self.extra_mounts:
            if not MOUNT.fullmatch(prefix):
                raise ValueError(
                    f"{prefix!r} cannot be an extra mount: write a path outside "
                    "/vault such as '/api/v1'."
                )

    def add_url_rule(self, *rule: Any, **options: Any) -> None:
        """Add a route: all that a blueprint may leave in the application."""
        self._adds_route = True
        try:
            super().add_url_rule(*rule, **options)
        finally:
            self._adds_route = False

    def record(self, func: Any) -> None:
        """Refuse what would reach other plugins' routes, on or off: ``*_app_*``."""
        if not self._adds_route:
            raise ValueError(BORDER)
        super().record(func)

    def register_blueprint(self, blueprint: Any, **options: Any) -> None:
        """Refuse routes whose owner the host would not know."""
        raise ValueError("Bring each blueprint by itself, in register_blueprints.")

    def arguments(self, schema: Any, **options: Any) -> Any:
        """Parse what is sent with one schema object, not with a new one each time."""
        made = schema() if isinstance(schema, type) else schema
        return super().arguments(made, **options)


class ModelAPIView(MethodView):
    """A view with one method per HTTP verb; what it does not declare stays closed."""
