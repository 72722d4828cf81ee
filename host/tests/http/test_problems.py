"""Whatever goes wrong is answered in one shape, and never with a trace."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.usefixtures("notes"),
]


@pytest.fixture
def admin(client_as):
    return client_as("admin")


def test_a_bug_is_a_problem_without_its_details(admin, is_problem):
    answer = admin.get("/vault/notes/broken")
    is_problem(answer, 500, "internal")
    assert "secret detail" not in answer.text


def test_a_wrong_method_names_the_right_ones(admin, is_problem):
    answer = admin.delete("/vault/notes")
    body = is_problem(answer, 405, "method_not_allowed")
    assert body["detail"] == "Only GET, HEAD, OPTIONS, POST are taken here."
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "path", ["/vault/me/", "/vault/me//", "/vault/notes/", "/vault/plugins/"]
)
def test_a_trailing_slash_is_accepted_without_a_redirect(admin, path):
    assert admin.get(path).status_code == 200


def test_a_trailing_slash_is_accepted_when_writing(admin):
    assert admin.post("/vault/notes/", json={"text": "a"}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        "nonsense",
        '{"text": "a",}',
        '{"text": NaN',
        "[" * 100_000,
        '{"text":' * 50_000,
        b"\xff\xfe\x00",
        '"text"',
        "[1]",
        "null",
        "12",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(admin, body, is_problem):
    answer = admin.post("/vault/notes", data=body, content_type="application/json")
    assert answer.status_code == 400, answer.text
    is_problem(answer, 400, answer.json["code"])


def test_a_deeply_nested_value_is_refused(admin, is_problem):
    body = '{"text": "a", "more": ' + "[" * 5000 + "]" * 5000 + "}"
    answer = admin.post("/vault/notes", data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", None, "multipart/x"])
def test_a_body_of_another_kind_is_refused(admin, kind, is_problem):
    answer = admin.post("/vault/notes", data="<a/>", content_type=kind)
    is_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "text", ["a\\u0000b", "\\ud800", "\\udfff x", "\\ud83d", "\\u0000"]
)
def test_text_that_cannot_be_stored_is_refused(admin, text, is_problem):
    for body in (
        f'{{"text": "{text}"}}',
        f'{{"text": "a", "more": [{{"x": "{text}"}}]}}',
    ):
        answer = admin.post("/vault/notes", data=body, content_type="application/json")
        is_problem(answer, 400, "invalid")
    key = f'{{"text": "a", "more": {{"{text}": 1}}}}'
    answer = admin.post("/vault/notes", data=key, content_type="application/json")
    is_problem(answer, 400, "invalid")


def test_nul_in_an_address_is_no_error_of_ours(admin):
    for path in ("/vault/plugins/%00", "/vault/notes?x=%00", "/vault/%ff%fe"):
        assert admin.get(path).status_code in (200, 400, 404, 422)


def test_fields_are_named(admin, is_problem):
    body = is_problem(admin.post("/vault/notes", json={"txt": 1}), 400, "invalid")
    assert set(body["errors"]) == {"text", "txt"}


@pytest.mark.settings(host={"max_json": "1KiB"})
@pytest.mark.parametrize("announced", [True, False])
def test_more_json_than_allowed_is_refused(admin, is_problem, announced):
    body = b'{"text": "' + b"a" * 2000 + b'"}'
    options = {"data": body, "content_type": "application/json"}
    if not announced:
        from io import BytesIO

        options = {
            "input_stream": BytesIO(body),
            "content_type": "application/json",
            "headers": {"Transfer-Encoding": "chunked"},
            "environ_overrides": {"wsgi.input_terminated": True},
        }
    is_problem(admin.post("/vault/notes", **options), 413, "too_large")


def test_what_contradicts_the_database_is_a_conflict(admin, is_problem):
    for _ in range(2):
        answer = admin.post("/vault/notes", json={"text": "twice"})
    is_problem(answer, 409, "refused")


def test_a_refusal_undoes_what_was_written(admin, is_problem):
    answer = admin.post("/vault/notes", json={"text": "gone", "refuse": True})
    is_problem(answer, 409, "refused")
    assert admin.get("/vault/notes").json == []


def test_outside_of_vault_nothing_there_is_a_problem_as_well(client, host, is_problem):
    for path in ("/nothing", "/.env", "/vaults", "/%2e%2e/"):
        is_problem(client.get(path), 404, "not_found")


@pytest.mark.placements("schema")
@pytest.mark.settings(host={"web_threads": 1})
def test_without_a_free_connection_the_answer_is_to_come_again(admin, host, is_problem):
    engine = host.databases.schema.engine
    engine.pool._timeout = 0.05  # it is 30 s
    assert admin.get("/vault/notes").status_code == 200
    taken = [engine.raw_connection() for _ in range(4)]
    answer = admin.get("/vault/notes")
    is_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    for connection in taken:
        connection.close()
    assert admin.get("/vault/notes").status_code == 200
