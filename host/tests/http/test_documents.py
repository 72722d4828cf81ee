"""The OpenAPI document and the pages that show it."""

import subprocess
import sys

import pytest
import structlog
from openapi_spec_validator import OpenAPIV31SpecValidator

from archivolt_host.http import openapi

CORE = ("core_identity", "core_documents", "core_search")
PAGES = ("/vault/api/swagger/", "/vault/api/redoc/", "/api/docs/", "/api/redoc/")


def problems(document):
    """Return what is wrong with a document by the rules of OpenAPI 3.1."""
    found = OpenAPIV31SpecValidator(document).iter_errors()
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in found]


@pytest.mark.plugins(*CORE, "mounted")
def test_the_document_is_openapi_3_1_with_all_plugins(mounted, client):
    document = client.get("/vault/api/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert len(document["paths"]) > 20
    assert problems(document) == []


@pytest.mark.plugins(*CORE, "mounted")
def test_it_is_openapi_3_1_for_a_tenant_with_a_plugin_off(mounted, client_as):
    admin = client_as("admin")
    before = admin.get("/vault/api/openapi.json").json
    for name in ("core_search", "mounted"):
        answer = admin.put(f"/vault/plugins/{name}", json={"enabled": False})
        assert answer.status_code == 200
    after = admin.get("/vault/api/openapi.json").json
    assert "/vault/search" in before["paths"]
    assert "/vault/search" not in after["paths"]
    assert problems(after) == []


@pytest.mark.plugins(*CORE, "mounted")
def test_every_route_is_in_it(mounted, client, app):
    paths = client.get("/vault/api/openapi.json").json["paths"]
    documented = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[0] in app.owners
    }
    assert len(documented) > 20
    assert {openapi.Document._path(rule) for rule in documented} <= set(paths)


WRONG = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint, signed_in

blueprint = Blueprint("wrong", __name__)


@blueprint.route("/wrong")
@signed_in()
@blueprint.doc(parameters=[{"in": "query"}])
def wrong():
    return {}


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""


NOWHERE = WRONG.replace(
    'doc(parameters=[{"in": "query"}])', 'response(200, "NoSuchSchema")'
)


@pytest.fixture
def wrong(make_plugin):
    return make_plugin("wrong", WRONG)


@pytest.fixture
def nowhere(make_plugin):
    return make_plugin("wrong", NOWHERE)


@pytest.mark.plugins(*CORE, "wrong")
def test_what_cannot_be_documented_is_left_out_and_said(wrong, client):
    with structlog.testing.capture_logs() as lines:
        document = client.get("/vault/api/openapi.json").json
    assert "/vault/search" in document["paths"]
    assert "/vault/wrong" not in document["paths"]
    assert problems(document) == []
    assert {line["event"] for line in lines} >= {"routes cannot be documented"}


@pytest.mark.plugins(*CORE, "wrong")
def test_a_schema_that_is_not_there_costs_the_others_nothing(nowhere, client):
    document = client.get("/vault/api/openapi.json").json
    assert "/vault/search" in document["paths"]
    assert "NoSuchSchema" in str(document["paths"]["/vault/wrong"])


def test_a_document_that_is_wrong_is_caught(client):
    document = client.get("/vault/api/openapi.json").json
    document["paths"]["/vault/me"]["get"]["responses"] = {"200": {"description": 7}}
    assert problems(document)


def test_the_extra_mount_is_the_same_document(client):
    whole = client.get("/vault/api/openapi.json")
    extra = client.get("/api/schema/")
    assert extra.data == whole.data


@pytest.mark.parametrize("page", PAGES)
def test_a_page_and_all_that_it_loads_come_from_here(client, page):
    answer = client.get(page)
    assert answer.status_code == 200
    assert "://" not in answer.text
    loaded = [
        w.split('"')[1] for w in answer.text.split() if w[:5] in ('src="', "href=")
    ]
    assert len(loaded) >= 3
    for path in loaded:
        assert path.startswith("/vault/")
        with client.get(path) as file:
            assert file.status_code == 200
            assert len(file.data) > 50


@pytest.mark.parametrize("page", PAGES)
def test_a_page_may_run_its_own_scripts_alone(client, page):
    policy = client.get(page).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy
    assert ("worker-src 'self' blob:" in policy) == ("redoc" in page)


@pytest.mark.parametrize("path", ["/vault/health/live", "/vault/me", "/nothing"])
def test_an_answer_for_programs_may_load_nothing(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_file_outside_of_a_pages_folder_is_not_served(client):
    for path in ("redoc/../__init__.py", "redoc/%2e%2e/__init__.py", "swagger/none.js"):
        assert client.get(f"/vault/api/{path}").status_code == 404


def test_the_packages_of_the_pages_are_never_imported():
    code = (
        "import sys, archivolt_host.app as _;"
        "print({'flask_openapi', 'flask_openapi_redoc', 'pydantic', 'swagger_ui'}"
        " & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert told.stdout == b"set()\n"
