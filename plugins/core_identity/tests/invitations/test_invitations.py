"""People are invited by mail, and let themselves in once."""

import email
import re
from email.policy import default

import pytest

pytestmark = [
    pytest.mark.placements,
    pytest.mark.plugins("core_identity", "core_mail"),
]
PASSWORD = "a fine new secret"


@pytest.fixture
def admin(tenant, client_as):
    return client_as("admin")


@pytest.fixture
def words(host, tenant, run_jobs):
    def read():
        run_jobs()
        paths = sorted((host.home.path / "mail").glob("*.eml"))
        texts = [
            email.message_from_bytes(p.read_bytes(), policy=default).get_content()
            for p in paths
        ]
        return [re.search(r"^    (\S+)\s*$", text, re.M)[1] for text in texts]

    return read


@pytest.fixture
def accept(stranger):
    def send(word, username="grace", **more):
        sent = {"token": word, "username": username, "password": PASSWORD, **more}
        return stranger.post("/vault/invitations/accept", json=sent)

    return send


def invite(client, **values):
    return client.post("/vault/invitations", json={"email": "g@example.org", **values})


def test_who_is_invited_makes_their_account_once(admin, accept, words, sign_in):
    answer = invite(admin, roles=["member"])
    assert answer.status_code == 201
    assert answer.json["accepted_at"] is None
    [word] = words()
    made = accept(word, display_name="Grace H.")
    assert made.status_code == 201
    assert (made.json["email"], made.json["roles"]) == ("g@example.org", ["member"])
    assert made.json["display_name"] == "Grace H."
    assert sign_in("grace", PASSWORD).status_code == 200
    assert accept(word, "mallory").status_code == 400
    [shown] = admin.get("/vault/invitations").json["items"]
    assert shown["user_id"] == made.json["id"]


def test_a_refused_account_leaves_the_invitation_good(admin, accept, words):
    invite(admin)
    [word] = words()
    assert accept(word, "admin").status_code == 409
    assert accept(word, "grace", password="short").status_code == 400
    assert accept(word).status_code == 201


def test_nobody_gets_more_than_they_were_invited_to(admin, accept, words, stranger):
    invite(admin)
    [word] = words()
    assert accept(word, roles=["admin"]).status_code == 400
    assert accept(word).json["roles"] == ["member"]


def test_an_invitation_is_good_for_a_week(admin, accept, words, later):
    invite(admin)
    [word] = words()
    with later(days=7, seconds=30):
        assert accept(word).status_code == 400


def test_an_invitation_can_be_taken_back(admin, accept, words):
    path = f"/vault/invitations/{invite(admin).json['id']}"
    [word] = words()
    assert admin.delete(path).status_code == 204
    assert accept(word).status_code == 400


def test_an_invitation_to_one_tenant_is_none_to_another(
    admin, accept, words, stranger, make_tenant
):
    make_tenant("umbra")
    invite(admin)
    [word] = words()
    stranger.environ_base["HTTP_ORG"] = "umbra"
    assert accept(word).status_code == 400


def test_the_word_is_in_the_message_alone(admin, words):
    answer = invite(admin)
    [word] = words()
    assert word not in answer.text
    assert word not in admin.get("/vault/invitations").text


def test_a_wrong_invitation_is_refused(admin, client_as):
    assert invite(admin, email="nobody").status_code == 400
    assert invite(admin, roles=["king"]).status_code == 400
    assert invite(client_as("member")).status_code == 403
