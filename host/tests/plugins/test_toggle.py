"""The light switch over HTTP: at once, everywhere, for one tenant, nothing lost."""

import time

import pytest
from sqlalchemy import text

from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import jobs
from archivolt_host.kit.settings import setting
from archivolt_host.tenants import context, sessions

pytestmark = [pytest.mark.plugins("core_identity", "notes", "leaf", "mirror")]
MIRROR = """
from archivolt_hookspecs import hookimpl


class Plugin:
    asked = []

    @hookimpl
    def sign_in_refused(self, username):
        self.asked.append(username)

    @hookimpl
    def resync(self, since):
        return 7
"""
SETTINGS = {
    "limit": {"type": "integer", "default": 5, "minimum": 1, "scope": "tenant"},
    "speed": {"type": "integer", "default": 1},
}


@pytest.fixture(autouse=True)
def installed(notes, make_plugin):
    make_plugin("leaf", requires=["notes"])
    make_plugin("mirror", MIRROR, guards=["sign_in_refused"], settings=SETTINGS)


@pytest.fixture
def admin(client_as, installed):
    return client_as("admin")


@pytest.fixture
def switch(admin, is_problem):
    def switch(name, on, by=admin, status=200):
        answer = by.put(f"/vault/plugins/{name}", json={"enabled": on})
        assert answer.status_code == status, answer.text
        return answer.json

    return switch


@pytest.fixture
def off(switch):
    def off(name):
        return switch(name, False)

    return off


def test_off_is_not_found_to_the_signed_in_and_unauthorized_to_strangers(
    admin, off, client, client_as
):
    member = client_as("member")
    off("leaf")
    assert off("notes")["state"] == "off"
    for one in (admin, member):
        for path in ("/vault/notes", "/vault/notes/broken"):
            assert one.get(path).status_code == 404
    assert client.get("/vault/notes", headers={"Org": "acme"}).status_code == 401


def test_off_here_is_still_on_there(off, client_as):
    other = client_as("admin", "umbra")
    off("leaf")
    off("notes")
    assert other.get("/vault/notes").status_code == 200


def test_off_is_gone_from_the_tenants_openapi(off, client, make_tenant):
    make_tenant("umbra")
    off("leaf")
    off("notes")

    def document(slug):
        answer = client.get("/vault/api/openapi.json", headers={"Org": slug})
        return answer.json

    assert not [path for path in document("acme")["paths"] if "notes" in path]
    assert "Note" not in document("acme")["components"]["schemas"]
    assert "notes" not in [tag["name"] for tag in document("acme")["tags"]]
    assert "/vault/notes" in document("umbra")["paths"]


def test_hooks_of_what_is_off_are_not_called(off, host, client_as):
    asked = host.registry.loading.plugins["mirror"].asked
    off("mirror")
    asked.clear()
    client_as("grace")
    assert asked == []


def test_jobs_of_what_is_off_wait_until_it_is_on(
    admin, off, switch, in_tenant, run_jobs, host
):
    tenant = host.catalog.get("acme")
    with in_tenant(tenant):
        bus.enqueue(jobs().get("notes.write_later"), text="later")
    off("leaf")
    off("notes")
    [job] = run_jobs(tenant)
    assert (job.status, job.attempts) == ("queued", 0)
    assert "switched off" in job.problem
    assert run_jobs(tenant) == []
    switch("notes", True)
    [job] = run_jobs(tenant)
    assert job.status == "done"
    assert [note["text"] for note in admin.get("/vault/notes").json] == ["later"]


def test_what_was_written_before_is_there_after(admin, off, switch):
    admin.post("/vault/notes", json={"text": "kept"})
    off("leaf")
    off("notes")
    switch("notes", True)
    assert [note["text"] for note in admin.get("/vault/notes").json] == ["kept"]


def test_a_required_plugin_cannot_be_switched_off(switch):
    assert "is required" in switch("core_identity", False, status=409)["detail"]


def test_a_plugin_that_others_need_cannot_be_switched_off(switch):
    assert "needed by leaf" in switch("notes", False, status=409)["detail"]


def test_a_plugin_cannot_go_on_without_what_it_needs(off, switch):
    off("leaf")
    off("notes")
    assert "needs notes" in switch("leaf", True, status=409)["detail"]


def test_only_who_may_manage_plugins_switches_them(switch, client_as):
    switch("leaf", False, by=client_as("member"), status=403)


def test_what_does_not_exist_cannot_be_switched(switch):
    switch("nothing", True, status=404)


def answer(pipe, app):
    client = app.test_client()
    for headers in iter(pipe.recv, None):
        pipe.send(client.get("/vault/notes", headers=headers).status_code)


@pytest.mark.placements
def test_another_process_sees_it_soon(admin, app, off, in_child):
    headers = {
        "Org": "acme",
        "Authorization": admin.environ_base["HTTP_AUTHORIZATION"],
    }
    pipe, _ = in_child(answer, app)
    pipe.send(headers)
    assert pipe.recv() == 200
    off("leaf")
    off("notes")
    began, status = time.monotonic(), 200
    while status == 200 and time.monotonic() - began < 60:
        pipe.send(headers)
        status = pipe.recv()
    assert status == 404


@pytest.mark.placements
def test_what_was_off_catches_up_before_it_guards_again(
    admin, off, switch, run_jobs, host, is_problem
):
    off("mirror")
    assert switch("mirror", True)["state"] == "catching_up"
    wrong = {"username": "admin", "password": "a test password"}
    is_problem(admin.post("/vault/auth/token", json=wrong), 503, "guard_down")
    [job] = run_jobs(host.catalog.get("acme"))
    assert (job.name, job.status, job.result) == ("host.resync", "done", 7)
    host.catalog.refresh(force=True)
    assert admin.get("/vault/plugins/mirror").json["state"] == "on"
    assert admin.post("/vault/auth/token", json=wrong).status_code == 200


def test_a_catching_up_that_was_lost_is_begun_again_by_the_sweep(
    admin, off, switch, run_jobs, in_tenant, host
):
    off("mirror")
    switch("mirror", True)
    tenant = host.catalog.get("acme")
    with in_tenant(tenant) as work:
        work.session.execute(text("DELETE FROM host_job"))
        bus.enqueue(jobs().get("host.sweep"))
    names = {job.name: job.status for job in run_jobs(tenant)}
    assert {names["host.sweep"], names["host.resync"]} == {"done"}


def effective(client):
    return client.get("/vault/plugins/mirror").json["settings"]["limit"]


@pytest.fixture
def change(admin):
    def change(**settings):
        return admin.put("/vault/plugins/mirror", json={"settings": settings})

    return change


@pytest.mark.settings(mirror={"limit": 7})
def test_a_changed_setting_holds_at_once_and_says_where_it_comes_from(
    admin, change, host, client_as
):
    assert effective(admin)["origin"] == "host"
    assert change(limit=9).json["settings"]["limit"]["value"] == 9
    assert effective(admin)["origin"] == "override"
    with context.acting(host.catalog.get("acme")):
        assert setting("mirror", "limit") == 9
    assert effective(client_as("admin", "umbra"))["value"] == 7
    change(limit=None)
    assert effective(admin)["value"] == 7
    assert effective(admin)["origin"] == "host"


def test_bad_settings_are_refused_field_by_field(admin, change, is_problem):
    body = is_problem(change(limit=0, colour="red", speed=2), 400, "invalid")
    assert set(body["errors"]) == {
        "settings.limit",
        "settings.colour",
        "settings.speed",
    }
    is_problem(change(limit="many"), 400, "invalid")
    assert effective(admin)["value"] == 5


def test_bad_settings_leave_the_switch_as_it_was(admin):
    body = {"enabled": False, "settings": {"limit": 0}}
    assert admin.put("/vault/plugins/mirror", json=body).status_code == 400
    assert admin.get("/vault/plugins/mirror").json["enabled"] is True


def test_what_was_changed_survives_a_restart(change, off, open_home, client_as):
    change(limit=9)
    off("leaf")
    open_home()
    admin = client_as("admin")
    assert effective(admin)["value"] == 9
    assert admin.get("/vault/plugins/leaf").json["state"] == "off"


def test_every_change_is_logged_with_its_author(change, off, host):
    change(limit=9)
    off("leaf")
    with sessions.catalog() as session:
        query = text("SELECT actor, tenant, plugin, key FROM override_log ORDER BY id")
        rows = [tuple(row) for row in session.execute(query)]
    assert rows == [
        ("admin", "acme", "mirror", "settings.limit"),
        ("admin", "acme", "leaf", "enabled"),
    ]
