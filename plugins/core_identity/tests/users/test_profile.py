"""People say themselves how they want to be called; nobody else sees it."""

import pytest

pytestmark = pytest.mark.placements


@pytest.fixture
def member(tenant, client_as):
    return client_as("member")


def change(client, **values):
    return client.patch("/vault/me", json=values, headers={"If-Match": "*"})


def test_a_profile_is_changed_and_cleared(member):
    sent = {"display_name": "Mia", "time_zone": "Europe/Berlin", "locale": "de-CH"}
    changed = change(member, **sent).json
    assert {name: changed[name] for name in sent} == sent
    assert member.get("/vault/me").json == changed
    assert change(member, time_zone=None).json["time_zone"] is None


def test_it_says_what_one_may(member, client_as):
    admin = client_as("admin").get("/vault/me").json
    assert "users.manage" in admin["permissions"]
    assert "users.manage" not in member.get("/vault/me").json["permissions"]


def test_two_tabs_do_not_overwrite_each_other(member):
    tag = member.get("/vault/me").headers["ETag"]
    sent = {"json": {"display_name": "M"}, "headers": {"If-Match": tag}}
    assert member.patch("/vault/me", **sent).status_code == 200
    assert member.patch("/vault/me", **sent).status_code == 412
    assert member.patch("/vault/me", json={}).status_code == 428


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"locale": "deutsch"}, "locale"),
        ({"display_name": ""}, "display_name"),
        ({"roles": ["admin"]}, "roles"),
        ({"state": "active"}, "state"),
    ],
)
def test_what_is_no_profile_is_refused(member, sent, field):
    answer = change(member, **sent)
    assert answer.status_code == 400
    assert field in answer.json["errors"]
