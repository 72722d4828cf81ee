"""What the OpenAPI document says is what the API does, whatever it is asked."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
BOUNDED = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.plugins("core_identity", "core_documents", "core_search")


@pytest.fixture
def admin(valkey, client_as):
    return client_as("admin")


@pytest.fixture
def real(admin):
    """Make a document and a folder, and return the ids that paths may name."""
    made = admin.post(
        "/vault/documents",
        data=b"some words",
        headers={"Content-Disposition": 'attachment; filename="a.txt"'},
    )
    for n in range(2):
        folder = admin.post("/vault/folders", json={"name": f"real {n}"})
        assert (made.status_code, folder.status_code) == (201, 201)
    return {"documents": made.json["id"], "folders": folder.json["id"]}


def closing(app):
    """Close each answer, as servers do and Schemathesis does not."""

    def call(environ, start):
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            body.close()

    return call


def answers(operation, change, mode):
    """Ask one operation again and again; return what is wrong, or None."""

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        change(case)
        case.call_and_validate(checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        return None  # it takes nothing, so there is nothing wrong to send
    except (Exception, FailureGroup) as error:  # go on: all of them, not the first
        return f"{operation.label}: {error}"
    return None


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative", "real"])
def test_every_operation_answers_as_documented(admin, app, real, mode):
    sent = {"Authorization": admin.environ_base["HTTP_AUTHORIZATION"], "Org": "acme"}
    schema = schemathesis.openapi.from_wsgi(
        "/vault/api/openapi.json", closing(app), headers=sent
    )
    codes = Counter()

    def change(case):
        case.headers.update(sent)
        if mode == "real":
            _name_what_is_there(case, real)

    @schema.hook
    def after_call(context, case, response):
        codes[response.status_code // 100] += 1

    way = GenerationMode.NEGATIVE if mode == "negative" else GenerationMode.POSITIVE
    operations = [found.ok() for found in schema.get_all_operations()]
    failed = [answers(o, change, way) for o in sorted(operations, key=_last_deletes)]
    assert len(operations) > 20
    assert [f for f in failed if f] == [], "\n\n".join(filter(None, failed))
    assert codes[2] > 10 if mode != "negative" else codes[4] > 100


def _last_deletes(operation):
    return operation.method.upper() == "DELETE"


def _name_what_is_there(case, real):
    kind = case.operation.path.split("/")[2]
    if kind in real and "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = real[kind]
        case.headers["If-Match"] = "*"
    if "number" in (case.path_parameters or {}):
        case.path_parameters["number"] = 1
