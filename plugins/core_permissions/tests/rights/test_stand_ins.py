"""Who acts by a key, in another's name, or for the platform: the answers by hand."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from archivolt_core_platform.users import logic as platform
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import access
from archivolt_host.kit.access import Scope
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_platform"),
    pytest.mark.placements,
]
ROOT, WORD = "root", "a long platform password"
# "key" is an owner's, for reading documents; "wide" is a member's, for all they ask.
WHO = ("key", "wide", "as member", "as owner")
TABLE = """
                     key      wide     as-member as-owner
read document        200      200      200      200
list documents       200      200      200      200
change document      403      200      200      200
delete document      403      204      204      204
create folder        403      201      201      201
list users           403      403      403      200
change user          403      403      403      200
list roles           403      403      403      200
create grant         403      403      403      403
deny grant           403      403      403      403
create role          403      403      403      403
create key           403      403      403      403
"""
WIDE = ["documents.read", "documents.update", "documents.delete", "documents.create"]
WIDE += ["folders.manage", "users.read", "users.manage", "grants.manage"]


def cases():
    for line in TABLE.strip().splitlines()[1:]:
        deed, words = line[:21].strip(), line[21:].split()
        yield from ((deed, who, int(w)) for who, w in zip(WHO, words, strict=True))


@pytest.fixture
def stand_ins(app, owner, person, whoever):
    """Those of the table, signed in."""
    member = person("member")
    platform.create(ROOT, WORD)

    def come(scheme, proof):
        client = app.test_client()
        client.environ_base["HTTP_ORG"] = "acme"
        client.environ_base["HTTP_AUTHORIZATION"] = f"{scheme} {proof}"
        return whoever(client, "acme")

    def by_key(person, limits):
        made = person.post("/keys", name="nightly", limits=limits)
        return come("Token", made["key"])

    def in_name_of(user):
        end = datetime.now(UTC) + timedelta(hours=1)
        sent = {"username": ROOT, "password": WORD, "user": user, "reason": "a ticket"}
        sent |= {"to": end.isoformat()}
        begun = owner.post("/platform/impersonations", **sent)
        return come("JWT", begun["access"])

    keys = by_key(owner, ["documents.read"]), by_key(member, WIDE)
    names = in_name_of("member"), in_name_of("admin")
    return dict(zip(WHO, (*keys, *names), strict=True))


def status_of(person, deed, document, other):
    grant = {"user": other, "role": "guest"}
    name = uuid4().hex
    method, path, body = {
        "read document": ("GET", f"/documents/{document}", None),
        "list documents": ("GET", "/documents", None),
        "change document": ("PATCH", f"/documents/{document}", {"title": "x"}),
        "delete document": ("DELETE", f"/documents/{document}", None),
        "create folder": ("POST", "/folders", {"name": name}),
        "list users": ("GET", "/users", None),
        "change user": ("PATCH", f"/users/{other}", {"email": "x@example.org"}),
        "list roles": ("GET", "/roles", None),
        "create grant": ("POST", "/grants", grant),
        "deny grant": ("POST", "/grants", {**grant, "effect": "deny"}),
        "create role": ("POST", "/roles", {"name": "r", "permissions": WIDE[:1]}),
        "create key": ("POST", "/keys", {"name": "more"}),
    }[deed]
    return person.ask(method, path, **({"json": body} if body else {})).status_code


def test_they_may_do_what_the_table_says(owner, person, stand_ins):
    other, wrong = person("guest"), []
    for deed, who, expected in cases():
        document = owner.upload("plan")
        found = status_of(stand_ins[who], deed, document, other.id)
        if found != expected:
            wrong.append((deed, who, expected, found))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_platform_admin_sees_nothing_of_a_tenant(owner, tenant):
    document, folder = owner.upload("plan"), owner.folder("Plans")
    who = Actor(uuid4(), ROOT, tenant.slug, frozenset({"platform_admin"}))
    with context.acting(tenant, who), sessions.reading():
        held = {p for p in access.permissions().values() if access.allowed(p.name)}
        assert {role for permission in held for role in permission.roles} <= {
            "platform_admin"
        }
        for id in (document, folder):
            assert not access.allowed("documents.read", Scope(id))
