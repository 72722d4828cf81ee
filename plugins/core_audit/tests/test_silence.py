"""WA-64: no route that may write is silent."""

import io
import json
import re

import pytest

ALL = ("core_identity", "core_permissions", "core_audit", "core_documents")
ALL += ("core_search", "core_mail", "core_workflow")
pytestmark = pytest.mark.plugins(*ALL)
ID = "01980000-0000-7000-8000-000000000001"


def writing(app):
    """Return every method and rule of a tenant's that may write."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            access = app.access[rule.endpoint, method]
            if not access.reads and not access.tenantless:
                yield method, rule


def path_of(rule):
    """Return a path that fits a rule."""
    path = re.sub(r"<(uuid):\w+>", ID, rule.rule)
    path = re.sub(r"<int[^>]*>", "1", path)
    return re.sub(r"<[^>]+>", "x", path)


@pytest.fixture
def count(sql):
    return lambda: sql("SELECT count(*) FROM audit_entry")[0][0]


def test_whatever_a_view_does_its_deed_is_in_the_journal(app, owner, count, sql):
    """Every view is replaced by one that does nothing, and so tells nothing."""
    silent, tried = [], 0
    for method, rule in list(writing(app)):
        app.view_functions[rule.endpoint] = lambda **_: ("", 204)
        before = count()
        answer = owner.open(path_of(rule), method=method, json={})
        assert answer.status_code == 204, (method, rule, answer.text)
        tried += 1
        if count() == before:
            silent.append(f"{method} {rule}")

    assert silent == []
    assert tried > 50
    told = "SELECT object FROM audit_entry WHERE action LIKE 'DELETE /vault/folders/%'"
    assert sql(told) == [(ID,)]


def test_a_refused_deed_is_none(app, owner, count):
    before = count()
    assert owner.post("/vault/folders", json={"name": ""}).status_code == 400
    assert count() == before


class Told:
    """A client that counts what each deed leaves in the journal."""

    def __init__(self, client, sql):
        self.client, self.sql = client, sql
        self.actions = {}

    def __call__(self, method, path, sent=None, **options):
        newest = "SELECT action FROM audit_entry ORDER BY at, id"
        before = len(self.sql(newest))
        if sent is not None:
            options["json"] = sent
        options.setdefault("headers", {"If-Match": "*"})
        answer = self.client.open(f"/vault{path}", method=method, **options)
        assert answer.status_code < 300, (method, path, answer.text)
        found = [action for (action,) in self.sql(newest)[before:]]
        self.actions[f"{method} {re.sub('[0-9a-f-]{36}', '<id>', path)}"] = found
        return answer.json if answer.data else None


@pytest.fixture
def told(owner, sql):
    return Told(owner, sql)


def first_day(told, secret):
    """Do what users do on a day; the password and the text are told nobody."""
    folder = told("POST", "/folders", {"name": "Plans"})
    told("PATCH", f"/folders/{folder['id']}", {"name": "Old plans"})
    file = {"file": (io.BytesIO(f"{secret} text".encode()), "a.txt"), "title": "A"}
    document = told("POST", "/documents", data=file)
    path = f"/documents/{document['id']}"
    told("PATCH", path, {"title": "B", "folder_id": folder["id"]})
    file = {"file": (io.BytesIO(f"{secret} 2".encode()), "b.txt")}
    told("POST", f"{path}/versions", data=file)
    told("DELETE", path)
    told("POST", f"{path}/restore")
    user = told("POST", "/users", {"username": "grace", "password": f"{secret} word"})
    told("PATCH", f"/users/{user['id']}", {"password": f"{secret} word 2"})
    key = told("POST", "/keys", {"name": "a machine"})
    told("DELETE", f"/keys/{key['id']}")
    told("DELETE", f"/users/{user['id']}")
    made = told("POST", "/requests", {"title": "A desk", "description": "A large one"})
    told("POST", f"/requests/{made['id']}/submit")
    told("PUT", "/plugins/core_search", {"enabled": False})
    told("DELETE", f"/folders/{told('POST', '/folders', {'name': 'Empty'})['id']}")
    return [value for value in (key.get("key"), key.get("token")) if value]


@pytest.mark.placements
def test_a_days_deeds_are_all_told_and_no_secret_is(told, run_jobs, sql):
    secrets = first_day(told, "zyxwv")
    run_jobs()

    assert [deed for deed, found in told.actions.items() if not found] == []
    assert told.actions["POST /documents"] == [
        "documents.document.create",
        "documents.version.create",
    ]
    assert told.actions["PUT /plugins/core_search"] == ["host.plugin.update"]
    journal = json.dumps(sql("SELECT * FROM audit_entry"), default=str)
    hashes = [h for (h,) in sql("SELECT password_hash FROM identity_user")]
    proofs = [p for (p,) in sql("SELECT proof FROM identity_session")]
    assert len(hashes) > 0
    for secret in (*hashes, *proofs, *secrets, "argon2", "zyxwv"):
        assert secret not in journal, secret
