"""The OpenAPI 3.1 document: all routes, or those that a tenant has switched on."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache, cached_property
from threading import Lock
from typing import Any

from flask import Flask, Response

from archivolt_host.http.access import CLOSED, public
from archivolt_host.http.api import Api
from archivolt_host.http.blueprints import Blueprint
from archivolt_host.http.schemas import ProblemSchema
from archivolt_host.http.stages import PREFIX
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ORG: dict[str, Any] = {
    "name": "Org",
    "in": "header",
    "required": True,
    "description": "The tenant.",
    "schema": {"type": "string", "example": "demo"},
}
ORG_OR_HOST = ORG | {
    "required": False,
    "description": "The tenant, where the host name does not tell.",
}
PROBLEM = {
    "description": "A problem document that says what to do.",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    },
}


class Document:
    """The document of all plugins, cut to what a tenant has switched on."""

    def __init__(self, app: Flask, api: Api, owners: Mapping[str, str]) -> None:
        self._app = app
        self._api = api
        self._owners = owners
        self._cut: dict[frozenset[str], bytes] = {}
        self._lock = Lock()

    def for_plugins(self, enabled: frozenset[str]) -> bytes:
        """Return the document with the routes of these plugins alone."""
        with self._lock:
            return self._for_plugins(enabled)

    def _for_plugins(self, enabled: frozenset[str]) -> bytes:
        if enabled not in self._cut:
            document = deepcopy(self._whole)
            for path, operations in list(document["paths"].items()):
                if operations.pop("x-plugin") not in {HOST, *enabled}:
                    del document["paths"][path]
            _prune(document)
            self._cut[enabled] = json.dumps(document).encode()
        return self._cut[enabled]

    @cached_property
    def _whole(self) -> dict[str, Any]:
        return self._finished(self._api.document())

    def _finished(self, document: dict[str, Any]) -> dict[str, Any]:
        """Add what holds for every route: tenant, sign-in, problems, owner."""
        document = json.loads(json.dumps(document))
        rules = {self._path(rule.rule): rule for rule in self._app.url_map.iter_rules()}
        for path, operations in document["paths"].items():
            endpoint = rules[path].endpoint
            blueprint = endpoint.rpartition(".")[0]
            operations["x-plugin"] = self._owners.get(blueprint, HOST)
            org = ORG if path.startswith(PREFIX) else ORG_OR_HOST
            for method in METHODS:
                if method in operations:
                    self._finish(operations[method], endpoint, method.upper(), org)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = schemas.pop("Problem", None) or _problem_schema()
        return document

    def _finish(
        self, operation: dict[str, Any], endpoint: str, method: str, org: dict[str, Any]
    ) -> None:
        access = self._app.access.get((endpoint, method), CLOSED)  # type: ignore[attr-defined]
        responses = operation.setdefault("responses", {})
        for status, documented in responses.items():
            if status == "default" or (status >= "400" and "content" not in documented):
                responses[status] = PROBLEM
        responses.setdefault("default", PROBLEM)
        if not access.tenantless:
            operation.setdefault("parameters", []).append(org)
        if access.public:
            operation["security"] = []
        elif access.permission:
            operation["x-permission"] = access.permission

    @staticmethod
    def _path(rule: str) -> str:
        """Return a rule as OpenAPI writes it: ``<uuid:id>`` becomes ``{id}``."""
        parts = []
        for part in rule.split("<"):
            inside, closed, rest = part.partition(">")
            parts.append(
                "{" + inside.rpartition(":")[2] + "}" + rest if closed else part
            )
        return "".join(parts)


def _prune(document: dict[str, Any]) -> None:
    """Drop the schemas and tags that no route refers to: their names would leak."""
    schemas = document["components"]["schemas"]
    used: set[str] = {"Problem"}
    waiting = [document["paths"], schemas["Problem"]]
    while waiting:
        for name in _references(waiting.pop()) & schemas.keys() - used:
            used.add(name)
            waiting.append(schemas[name])
    document["components"]["schemas"] = {n: s for n, s in schemas.items() if n in used}
    tags = {
        tag
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for tag in operation.get("tags", ())
    }
    document["tags"] = [t for t in document.get("tags", ()) if t["name"] in tags]


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"].rpartition("/")[2]} if "$ref" in node else set()
        return found.union(*map(_references, node.values()))
    if isinstance(node, list):
        return set().union(*map(_references, node))
    return set()


@cache
def _problem_schema() -> dict[str, Any]:
    from apispec.ext.marshmallow.openapi import OpenAPIConverter

    converter = OpenAPIConverter("3.1.0", lambda schema: None, None)  # type: ignore[arg-type]
    schema: dict[str, Any] = converter.schema2jsonschema(ProblemSchema())
    return schema


blueprint = Blueprint("openapi", __name__, description="This document.")
_document: dict[str, Document] = {}


def bind(document: Document) -> None:
    """Make this the document that is served."""
    _document["whole"] = document


@blueprint.route("/vault/api/openapi.json")
@public(tenantless=True)
def openapi() -> Response:
    """Return the OpenAPI document of the tenant, or of all plugins without one."""
    tenant = context.tenant_or_none()
    enabled = dispatch.registry().enabled(tenant.slug if tenant else None)
    body = _document["whole"].for_plugins(enabled)
    return Response(
        body, content_type="application/json", headers={"Vary": "Org, Host"}
    )
