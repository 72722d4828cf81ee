"""Mounts blueprints, and documents them once somebody asks."""

from typing import Any

import flask_smorest
import structlog
from flask import Flask

from archivolt_host.http.blueprints import Blueprint
from archivolt_host.http.schemas import ProblemSchema

log = structlog.get_logger()


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Mounts the routes of all plugins; errors are answered by the host.

    What the routes document is worked out when somebody asks for it: it takes
    longer than all the rest of mounting, and most processes are never asked.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._undocumented: list[tuple[str, Blueprint]] = []
        super().__init__(app, **options)

    def register_blueprint(
        self, blueprint: Blueprint, *, name: str = "", **options: Any
    ) -> None:
        """Mount a blueprint, under a name of its own where one is given."""
        name = name or blueprint.name
        self._app.extensions["flask-smorest"]["blp_name_to_api"][name] = self
        self._app.register_blueprint(blueprint, name=name, **options)
        self._undocumented.append((name, blueprint))

    def document(self) -> dict[str, Any]:
        """Return what all mounted routes document."""
        super()._register_responses()
        while self._undocumented:
            name, blueprint = self._undocumented.pop(0)
            try:
                blueprint.register_views_in_doc(
                    self, self._app, self.spec, name=name, parameters=None
                )
            except Exception:  # contained: one plugin's routes are not shown
                log.exception("routes cannot be documented", blueprint=name)
            self.spec.tag({"name": name, "description": blueprint.description})
        documented: dict[str, Any] = self.spec.to_dict()
        return documented

    def _register_responses(self) -> None:
        """Describe the statuses with the rest: no route needs them to be mounted."""

    def _register_error_handlers(self) -> None:
        """Leave errors to ``problems``."""


def make_api(app: Flask, version: str) -> Api:
    """Return the collector of routes, set to OpenAPI 3.1."""
    app.config.update(
        API_TITLE="Archivolt",
        API_VERSION=version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
    )
    return Api(
        app,
        spec_kwargs={
            "security": [{"jwt": []}],
            "components": {
                "securitySchemes": {
                    "jwt": {
                        "type": "apiKey",
                        "in": "header",
                        "name": "Authorization",
                        "description": "JWT <access token>, from POST "
                        "/vault/auth/token",
                    }
                }
            },
        },
    )
