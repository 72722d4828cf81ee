"""Who may do what: role, deed and object, with the answers written by hand."""

from contextlib import closing

import pytest

from archivolt_host.http.edge import Edge

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]

WHO = ("owner", "manager", "member", "guest", "nobody")
# On one's own, on somebody else's, and on another tenant's object: the last is never
# found, whoever asks. "nobody" has no role at all.
TABLE = """
                              owner      manager    member     guest      nobody
list documents                200        200        200        200        200
read document                 200 200    200 200    200 200    - 200      - 404
download document             200 200    200 200    200 200    - 200      - 404
list versions                 200 200    200 200    200 200    - 200      - 404
change document               200 200    200 200    200 200    - 403      - 403
delete document               204 204    204 204    204 204    - 403      - 403
create document               201        201        201        403        403
list folders                  200        200        200        200        200
read folder                   200 200    200 200    200 200    - 200      - 404
change folder                 200 200    200 200    200 200    - 403      - 403
delete folder                 204 204    204 204    204 204    - 403      - 403
create folder                 201        201        201        403        403
list users                    200        200        403        403        403
read user                     200 200    200 200    403 403    403 403    403 403
change user                   200 200    403 403    403 403    403 403    403 403
create user                   201        403        403        403        403
list grants                   200        200        200        200        200
read grant                    200 200    200 200    200 404    200 404    - 404
delete grant                  - 204      - 204      - 404      - 404      - 404
create grant                  201        403        403        403        403
share document                201        201        403        403        400
list roles                    200        200        403        403        403
create role                   201        403        403        403        403
"""


def cases(deeds=None):
    for line in TABLE.strip().splitlines()[1:]:
        deed, words = line[:30].strip(), line[30:].split()
        if deeds and deed not in deeds:
            continue
        each = 1 if len(words) == len(WHO) else 2
        for number, who in enumerate(WHO):
            yield deed, who, words[number * each : (number + 1) * each]


@pytest.fixture
def people(person):
    found = {who: person(who) for who in WHO[:-1]}
    found["nobody"] = person("nobody", roles=[])
    found["admin"] = person()
    return found


@pytest.fixture
def foreign(person):
    """The other tenant's things."""
    other = person(org="umbra")
    grant = other.get(f"/grants?user={other.id}")["items"][0]["id"]
    return {
        "document": other.upload("theirs"),
        "folder": other.folder("theirs"),
        "user": other.id,
        "grant": grant,
    }


def make(kind, by, admin, people):
    """Make something that belongs to somebody, where they may make it."""
    if kind in ("document", "versions"):
        return by.upload(f"by {by.name}")
    if kind == "folder":
        return by.folder(f"by {by.name} {len(by.folders())}")
    if kind == "user":
        return by.id
    found = admin.get(f"/grants?user={by.id}")["items"]
    return found[0]["id"] if found else None


def status_of(person, deed, id, other):
    verb, kind = deed.split()
    places = {"versions": f"/documents/{id}/versions"}
    path = places.get(kind, f"/{kind}s/{id}")
    name = f"{person.name} {verb}".replace(" ", "-")
    bodies = {
        "folder": {"name": name},
        "user": {"username": name, "roles": ["guest"]},
        "grant": {"user": "nobody", "role": "guest", "effect": "deny"},
        "role": {"name": name, "permissions": ["documents.read"]},
    }
    changes = {
        "document": {"title": "changed"},
        "folder": {"name": f"{name}-{id}"},
        "user": {"email": "x@example.org"},
    }
    if deed == "share document":
        body = {"user": other.id, "role": "guest", "scope": id}
        return person.ask("POST", "/grants", json=body).status_code
    if deed == "create document":
        return upload(person)
    if verb == "download":
        path = f"{path}/content"
    method = {"change": "PATCH", "delete": "DELETE", "create": "POST"}.get(verb, "GET")
    if verb in ("list", "create") and kind != "versions":
        path = f"/{kind.removesuffix('s')}s"
    sent = {"json": changes[kind]} if verb == "change" else {}
    sent = {"json": bodies[kind]} if verb == "create" else sent
    with closing(person.ask(method, path, **sent)) as answer:
        return answer.status_code


def upload(person):
    headers = {"Content-Disposition": 'attachment; filename="a.txt"'}
    return person.ask("POST", "/documents", data=b"x", headers=headers).status_code


def differences(people, foreign, deeds=None):
    """Return what is answered otherwise than the table says."""
    wrong = []
    for deed, who, expected in cases(deeds):
        kind = deed.split()[1]
        person, admin = people[who], people["admin"]
        other = people["member"] if who != "member" else people["guest"]
        if len(expected) == 1:
            id = admin.upload("shared") if deed == "share document" else None
            found = [status_of(person, deed, id, other)]
        else:
            own = expected[0] != "-"
            mine = make(kind, person, admin, people) if own else None
            theirs = make(kind, admin if kind != "grant" else other, admin, people)
            if deed == "delete grant":
                theirs = spare(admin, other)
            found = [status_of(person, deed, mine, other)] if own else ["-"]
            found.append(status_of(person, deed, theirs, other))
            if kind in foreign:
                beyond = status_of(person, deed, foreign[kind], other)
                closed = 403 if found[1] == 403 else 404
                if beyond != closed:
                    wrong.append((deed, who, "foreign", beyond))
        if [str(f) for f in found] != expected:
            wrong.append((deed, who, expected, found))
    return wrong


def test_everybody_may_do_what_the_table_says_and_nothing_else(people, foreign):
    wrong = differences(people, foreign)
    assert not wrong, "\n".join(map(str, wrong))


def test_a_door_that_nobody_keeps_is_found(people, foreign, monkeypatch):
    monkeypatch.setattr(Edge, "_permit", lambda *_: None)
    wrong = differences(people, foreign, ["read user", "list roles"])
    found = {(deed, who) for deed, who, *_ in wrong}
    below = ("member", "guest", "nobody")
    assert found == {
        (deed, who) for deed in ("read user", "list roles") for who in below
    }


def spare(admin, other):
    """Return a grant of somebody that can go."""
    folder = admin.folder(f"spare {len(admin.folders())}")
    return admin.grant("guest", user=other.id, scope=folder)["id"]
