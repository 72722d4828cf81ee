"""What the tests of rights share: people, folders and documents of a tenant."""

from io import BytesIO

import pytest

CORE = ("core_identity", "core_documents", "core_search")


class Person:
    """Somebody who has signed in, and what they can do."""

    def __init__(self, client, org):
        self.client, self.org = client, org
        self.id = client.get("/vault/me").json["id"]
        self.name = client.get("/vault/me").json["username"]

    def ask(self, method, path, **sent):
        headers = {"If-Match": "*", **sent.pop("headers", {})}
        return self.client.open(f"/vault{path}", method=method, headers=headers, **sent)

    def get(self, path, status=200):
        answer = self.ask("GET", path)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json

    def post(self, path, status=201, **body):
        answer = self.ask("POST", path, json=body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json

    def delete(self, path, status=204):
        answer = self.ask("DELETE", path)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json if answer.text else None

    def patch(self, path, status=200, **body):
        answer = self.ask("PATCH", path, json=body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json

    def folder(self, name, parent=None, status=201):
        found = self.post("/folders", status, name=name, parent_id=parent)
        return found.get("id")

    def upload(self, name, folder=None, status=201, text=b"hello"):
        fields = {"file": (BytesIO(text), f"{name}.txt"), "title": name}
        if folder is not None:
            fields["folder_id"] = folder
        answer = self.ask("POST", "/documents", data=fields)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json.get("id")

    def grant(self, role, status=201, **terms):
        return self.post("/grants", status, role=role, **terms)

    def titles(self):
        return {d["title"] for d in self.get("/documents?limit=200")["items"]}

    def folders(self):
        return {f["name"] for f in self.get("/folders?limit=200")["items"]}

    def may(self, action, object=None, user=None):
        query = f"?user={user or self.id}&action={action}"
        query += f"&object={object}" if object else ""
        return self.get(f"/permissions/explain{query}")


@pytest.fixture
def whoever():
    """Return who stands behind a client that has proved it in a way of its own."""
    return Person


@pytest.fixture
def person(client_as):
    """Sign somebody in: an owner (``admin``), a preset's name, or with no role."""

    def make(name="admin", roles=None, org="acme"):
        if roles is None:
            return Person(client_as(name, org), org)
        owner = Person(client_as("admin", org), org)
        word = "a test password"
        sent = {"username": name, "password": word, "roles": list(roles)}
        assert owner.ask("POST", "/users", json=sent).status_code == 201
        return Person(client_as(name, org), org)

    return make


@pytest.fixture
def owner(person):
    return person()


@pytest.fixture
def outsider(person):
    """A user without any role."""
    return person("olga", roles=[])
