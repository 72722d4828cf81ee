"""Pages for people: the API in a browser, all of its files served from here."""

import os
from functools import cache
from importlib.util import find_spec

from flask import Response, redirect, send_from_directory
from flask.typing import ResponseReturnValue

from archivolt_host.http import headers
from archivolt_host.http.access import public
from archivolt_host.http.blueprints import Blueprint

# Absolute addresses: the pages are shown with and without a slash at the end, and as
# extra mounts elsewhere.
SWAGGER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Archivolt API</title>
<link rel="stylesheet" href="/vault/api/swagger/swagger-ui.css">
<link rel="icon" href="/vault/api/swagger/favicon-32x32.png"></head>
<body><form id="org"><label>Tenant (Org) <input name="org" value="demo"></label>
<button>Use</button></form>
<div id="swagger-ui"></div>
<script src="/vault/api/swagger/swagger-ui-bundle.js"></script>
<script src="/vault/api/swagger/start.js"></script></body></html>"""
START_SWAGGER = """"use strict";
const form = document.getElementById("org");
const org = () => form.elements.org.value.trim();
const start = () => SwaggerUIBundle({
  url: "/vault/api/openapi.json", dom_id: "#swagger-ui", persistAuthorization: true,
  requestInterceptor: (request) => {
    if (org()) request.headers.Org = org();
    return request;
  },
});
form.addEventListener("submit", (event) => { event.preventDefault(); start(); });
start();
"""
REDOC = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Archivolt API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/vault/api/swagger/favicon-32x32.png">
<link rel="modulepreload" href="/vault/api/redoc/redoc.standalone.js"></head>
<body><div id="redoc"></div>
<script type="module" src="/vault/api/redoc/start.js"></script></body></html>"""
START_REDOC = """import { init } from "./redoc.standalone.js";
const place = document.getElementById("redoc");
init("/vault/api/openapi.json", { disableTelemetry: true }, place);
"""
# Named for the packages that ship the files and are never imported.
FOLDERS = {
    "swagger": ("swagger_ui", "static"),
    "redoc": ("flask_openapi_redoc", "templates/redoc/js"),
}
KEPT = 86400  # seconds

blueprint = Blueprint("pages", __name__, description="Pages for people.")


@blueprint.route("/")
@public(tenantless=True)
def root() -> ResponseReturnValue:
    """Lead to the Swagger page."""
    return redirect("/vault/api/swagger/", 302)


@blueprint.route("/vault/api/swagger")
@public(tenantless=True)
def swagger() -> Response:
    """Show the API in a browser, to try it out."""
    return _page(SWAGGER, headers.SWAGGER_POLICY)


@blueprint.route("/vault/api/swagger/<path:name>")
@public(tenantless=True)
def swagger_file(name: str) -> ResponseReturnValue:
    """Serve the files of the Swagger page."""
    return _script(START_SWAGGER) if name == "start.js" else _file("swagger", name)


@blueprint.route("/vault/api/redoc")
@public(tenantless=True)
def redoc() -> Response:
    """Show the API in a browser, to read it."""
    return _page(REDOC, headers.REDOC_POLICY)


@blueprint.route("/vault/api/redoc/<path:name>")
@public(tenantless=True)
def redoc_file(name: str) -> ResponseReturnValue:
    """Serve the files of the ReDoc page."""
    return _script(START_REDOC) if name == "start.js" else _file("redoc", name)


def _page(html: str, policy: str) -> Response:
    sent = {"Content-Security-Policy": policy}
    return Response(html, headers=sent, content_type="text/html; charset=utf-8")


def _script(text: str) -> Response:
    return Response(text, content_type="text/javascript; charset=utf-8")


def _file(page: str, name: str) -> Response:
    return send_from_directory(_folder(page), name, max_age=KEPT)


@cache
def _folder(page: str) -> str:
    """Return the folder of a page's files, without importing their package."""
    package, folder = FOLDERS[page]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"The package {package} is not installed.")
    return os.path.join(spec.submodule_search_locations[0], folder)
