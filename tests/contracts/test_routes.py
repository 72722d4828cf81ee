"""Every route: its name, who may call it, and how its lists end."""

import re

import flask
import pytest

from archivolt_host.http.access import CLOSED, public

SEGMENT = re.compile(r"[a-z0-9-]+|<[^>]+>")
# Segments that are names of files.
FILES = {"llms.txt", "openapi.json"}
# Lists that are whole on one page, each with the reason.
WHOLE = {
    "/vault/schedules/choices": "what code declares, as many as there are plugins",
    "/vault/actions": "what code declares, as many as there are plugins",
    "/vault/plugins": "as many as are installed: a handful",
}
MAX_LIMIT = 200


def misnamed(app):
    """Name the routes with a segment that is not hyphenated lower case (WA-34)."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        for part in rule.rule.strip("/").split("/")
        if part and part not in FILES and not SEGMENT.fullmatch(part)
    ]


def closed(app, access):
    """Name the routes that declare neither a permission nor that they are public."""
    return [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if access.get((rule.endpoint, method), CLOSED) == CLOSED
    ]


def endless(document):
    """Name the lists without a capped limit and a cursor (NV-78)."""
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or path in WHOLE:
            continue
        schema = _answer(operation, document)
        if schema.get("type") == "array":
            yield f"{path} answers a bare array"
        if not {"items", "next"} <= schema.get("properties", {}).keys():
            continue
        asked = {p["name"]: p["schema"] for p in operation.get("parameters", ())}
        if not asked.get("limit", {}).get("maximum", MAX_LIMIT + 1) <= MAX_LIMIT:
            yield f"{path} has no limit"
        if "cursor" not in asked:
            yield f"{path} has no cursor"


def _answer(operation, document):
    content = operation["responses"].get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return document["components"]["schemas"][name]
    return schema


def test_resources_have_hyphenated_names(app):
    assert misnamed(app) == []


def test_an_underscore_in_a_route_is_caught():
    planted = flask.Flask("planted")
    planted.add_url_rule("/vault/saved_searches/<uuid:id>", "a")
    planted.add_url_rule("/vault/savedSearches", "b")
    planted.add_url_rule("/vault/saved-searches/<uuid:id>", "c")

    found = [rule for rule in misnamed(planted) if not rule.startswith("/static")]

    assert found == ["/vault/saved_searches/<uuid:id>", "/vault/savedSearches"]


def test_every_route_says_whom_it_is_for(app):
    assert closed(app, app.access) == []


def test_a_route_that_says_nothing_is_caught():
    planted = flask.Flask("planted", static_folder=None)
    planted.add_url_rule("/open", "open")
    planted.add_url_rule("/forgotten", "forgotten")
    access = {("open", "GET"): public()(lambda: "").archivolt_access}

    assert closed(planted, access) == ["GET /forgotten"]


def test_every_list_is_paged_and_capped(document):
    assert list(endless(document)) == []


@pytest.mark.parametrize(
    ("limit", "cursor", "found"),
    [
        ({"maximum": 200}, True, 0),
        ({"maximum": 10_000}, True, 1),
        ({}, True, 1),
        ({"maximum": 200}, False, 1),
        (None, False, 2),
    ],
)
def test_a_list_without_limit_or_cursor_is_caught(limit, cursor, found):
    parameters = [{"name": "limit", "schema": limit}] if limit is not None else []
    parameters += [{"name": "cursor", "schema": {}}] if cursor else []
    page = {"properties": {"items": {}, "next": {}}}
    answer = {"content": {"application/json": {"schema": page}}}
    operation = {"parameters": parameters, "responses": {"200": answer}}

    assert len(list(endless({"paths": {"/x": {"get": operation}}}))) == found


def test_a_bare_array_is_caught():
    answer = {"content": {"application/json": {"schema": {"type": "array"}}}}
    operation = {"responses": {"200": answer}}

    assert list(endless({"paths": {"/x": {"get": operation}}}))


def test_no_exception_outlives_its_reason(app):
    rules = {rule.rule for rule in app.url_map.iter_rules()}

    assert WHOLE.keys() <= rules
    assert all(any(rule.endswith(f"/{file}") for rule in rules) for file in FILES)
