"""``/vault/actions``: actions as routes, with a schema, a permission and a switch."""

import pytest

from archivolt_host.errors import InvalidError, RefusedError
from archivolt_host.kit import hooks
from archivolt_host.tenants import context

pytestmark = pytest.mark.plugins("core_identity", "stamps", "notes")

STAMPS = """
from marshmallow import fields, validate
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action, Permission
from archivolt_host.kit.api import BaseSchema, Moment
from archivolt_host.kit.errors import RefusedError
from archivolt_host.tenants import sessions

DONE = []


class StampSchema(BaseSchema):
    id = fields.UUID(required=True)
    word = fields.String(required=True, validate=validate.Length(1, 5))
    copies = fields.Integer(load_default=1, validate=validate.Range(1, 9))
    at = Moment()


def stamp(id, word, copies, at=None):
    '''Put a word on something.'''
    if word == "no":
        raise RefusedError("It bears that stamp already.")
    DONE.append((type(id).__name__, word, copies, at))
    return {"stamped": copies}


def send(**given):
    unit = sessions.unit_or_none()
    DONE.append("in a transaction" if unit is not None and unit.began else "outside")
    return stamp(**given)


class Plugin:
    @hookimpl
    def register_permissions(self):
        return [Permission("stamps.put", "Put stamps.", ("owner",))]

    @hookimpl
    def register_actions(self):
        more = {"permission": "stamps.put", "schema": StampSchema}
        return [
            Action("put_stamp", stamp, **more),
            Action("stamps.send", send, kind="external", **more),
            Action("closed", stamp, schema=StampSchema),
        ]
"""
ID = "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3"
GOOD = {"id": ID, "word": "paid"}
ROUTE = "/vault/actions/put-stamp"
SETTING = {
    "type": "list",
    "default": [],
    "choices": ["put_stamp", "stamps.send"],
    "scope": "tenant",
}


@pytest.fixture(autouse=True)
def done(notes, make_plugin, host, tenant):
    import archivolt_stamps.plugin as plugin

    with context.acting(tenant):
        yield plugin.DONE


@pytest.fixture
def make_plugin(make_plugin):
    make_plugin("stamps", STAMPS, settings={"disabled_actions": SETTING})
    return make_plugin


def switch_off(client, *names):
    sent = {"settings": {"disabled_actions": list(names)}}
    assert client.put("/vault/plugins/stamps", json=sent).status_code == 200


def test_the_body_is_read_by_the_actions_own_schema(client_as, done, is_problem):
    admin = client_as("admin")
    answer = admin.post(ROUTE, json={**GOOD, "copies": 2})
    assert (answer.status_code, answer.json) == (200, {"result": {"stamped": 2}})
    assert done == [("UUID", "paid", 2, None)]
    for wrong, field in (
        ({"id": ID}, "word"),
        ({**GOOD, "id": "x"}, "id"),
        ({**GOOD, "word": "too long"}, "word"),
        ({**GOOD, "copies": 10}, "copies"),
        ({**GOOD, "colour": "red"}, "colour"),
        ({**GOOD, "at": "2026-01-01T00:00:00"}, "at"),
    ):
        body = is_problem(admin.post(ROUTE, json=wrong), 400, "invalid")
        assert [*body["errors"]] == [field]
    for strange in ([1], "word", None):
        is_problem(admin.post(ROUTE, json=strange), 400, "invalid")
    is_problem(
        admin.post(ROUTE, data="{", content_type="application/json"), 400, "invalid"
    )
    is_problem(
        admin.post(ROUTE, data="x", content_type="text/plain"),
        415,
        "unsupported_media_type",
    )
    is_problem(admin.post(ROUTE, json={**GOOD, "word": "no"}), 409, "refused")
    assert len(done) == 1


def test_who_may_and_who_may_not(client_as, client, tenant, done, is_problem):
    member, headers = client_as("member"), {"Org": tenant.slug}
    is_problem(member.post(ROUTE, json=GOOD), 403, "denied")
    is_problem(client.post(ROUTE, json=GOOD, headers=headers), 401, "unauthorized")
    admin = client_as("admin")
    for unknown in ("nothing", "closed", "put_stamp"):
        answer = admin.post(f"/vault/actions/{unknown}", json=GOOD)
        is_problem(answer, 404, "not_found")
    admin.put("/vault/plugins/stamps", json={"enabled": False})
    is_problem(admin.post(ROUTE, json=GOOD), 404, "not_found")
    assert done == []
    assert member.get("/vault/actions").json["items"] == []


def test_an_action_that_is_switched_off_is_405_for_everybody(
    client_as, done, is_problem, run_jobs
):
    admin = client_as("admin")
    switch_off(admin, "put_stamp")
    answer = admin.post(ROUTE, json={"even": "nonsense"})
    body = is_problem(answer, 405, "switched_off")
    assert "an administrator takes it out of disabled_actions" in body["detail"]
    assert answer.headers["Allow"] == "OPTIONS"
    is_problem(client_as("member").post(ROUTE, json=GOOD), 403, "denied")
    with pytest.raises(RefusedError, match="put_stamp is switched off"):
        hooks.call("put_stamp", **GOOD)
    off = {
        one["name"]: one["enabled"] for one in admin.get("/vault/actions").json["items"]
    }
    assert off == {"put_stamp": False, "stamps.send": True}
    switch_off(admin)
    assert admin.post(ROUTE, json=GOOD).status_code == 200
    assert len(done) == 1


def test_a_name_that_no_action_has_cannot_be_switched_off(client_as, is_problem):
    sent = {"settings": {"disabled_actions": ["put_stmap"]}}
    answer = client_as("admin").put("/vault/plugins/stamps", json=sent)
    body = is_problem(answer, 400, "invalid")
    assert "put_stamp, stamps.send, not 'put_stmap'" in body["detail"]


@pytest.mark.manifest(
    tenants={"acme": {"settings": {"stamps": {"disabled_actions": ["put_stamp"]}}}}
)
def test_the_manifest_switches_off_for_one_tenant(client_as, make_tenant, is_problem):
    is_problem(client_as("admin").post(ROUTE, json=GOOD), 405, "switched_off")
    other = client_as("admin", tenant=make_tenant("other"))
    assert other.post(ROUTE, json=GOOD).status_code == 200


def test_a_key_makes_it_happen_once(client_as, done, is_problem):
    admin, key = client_as("admin"), {"Idempotency-Key": "k"}
    both = [admin.post(ROUTE, json=GOOD, headers=key) for _ in range(2)]
    assert [answer.json for answer in both] == [{"result": {"stamped": 1}}] * 2
    assert len(done) == 1
    other = admin.post(ROUTE, json={**GOOD, "word": "sent"}, headers=key)
    is_problem(other, 422, "unprocessable")


def test_what_leaves_the_database_is_a_job(client_as, done, run_jobs, is_problem):
    admin, route = client_as("admin"), "/vault/actions/stamps-send"
    is_problem(admin.post(route, json={"id": ID}), 400, "invalid")
    answer = admin.post(route, json=GOOD)
    assert (answer.status_code, done) == (202, [])
    run_jobs()
    assert done == ["outside", ("UUID", "paid", 1, None)]
    assert admin.get(answer.headers["Location"]).json["status"] == "done"


def test_the_document_and_the_list_tell_what_it_takes(client_as):
    admin = client_as("admin")
    [first, second] = admin.get("/vault/actions").json["items"]
    assert (first["path"], first["arguments"]) == (
        ROUTE,
        ["id", "word", "copies", "at"],
    )
    assert (second["kind"], first["summary"]) == (
        "external",
        "Put a word on something.",
    )
    document = admin.get("/vault/api/openapi.json").json
    told = document["paths"][ROUTE]["post"]
    assert told["x-permission"] == "stamps.put"
    assert told["tags"] == ["actions"]
    content = told["requestBody"]["content"]["application/json"]["schema"]
    named = content["$ref"].rpartition("/")[2]
    assert document["components"]["schemas"][named]["required"] == ["id", "word"]
    admin.put("/vault/plugins/stamps", json={"enabled": False})
    assert ROUTE not in admin.get("/vault/api/openapi.json").json["paths"]


def test_a_schedule_takes_what_the_action_takes(client_as, done, run_jobs, is_problem):
    admin = client_as("admin")
    wanted = {"name": "s", "runs": "put_stamp", "every": 3600}
    answer = admin.post("/vault/schedules", json={**wanted, "arguments": {"id": "x"}})
    assert {*is_problem(answer, 400, "invalid")["errors"]} == {"id", "word"}
    made = admin.post("/vault/schedules", json={**wanted, "arguments": GOOD}).json
    assert admin.post(f"/vault/schedules/{made['id']}/run").status_code == 202
    run_jobs()
    assert done == [("UUID", "paid", 1, None)]


def test_code_that_calls_it_wrongly_hears_the_same(done):
    with pytest.raises(InvalidError) as refused:
        hooks.call("put_stamp", id=ID, word="far too long")
    assert [*refused.value.errors] == ["word"]
    assert done == []


@pytest.mark.parametrize("choices", [None, ["put_stamp"]])
def test_a_route_that_nobody_could_switch_off_puts_its_plugin_out(
    make_plugin, open_home, request, choices
):
    settings = {"disabled_actions": {**SETTING, "choices": choices}} if choices else {}
    make_plugin("stamps", STAMPS, settings=settings)
    host = open_home()
    request.getfixturevalue("app")
    assert "name it in plugin.toml, among the choices" in host.registry.out["stamps"]
