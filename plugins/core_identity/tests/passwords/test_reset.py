"""Who forgot their password gets in by mail; nobody learns who has an account."""

import email
import re
from email.policy import default

import pytest

pytestmark = [
    pytest.mark.placements,
    pytest.mark.plugins("core_identity", "core_mail"),
]
NEW = "a brand new secret"


@pytest.fixture
def grace(tenant, client_as):
    admin = client_as("admin")
    sent = {"username": "grace", "password": "the old secret", "email": "g@example.org"}
    return admin.post("/vault/users", json=sent).json


@pytest.fixture
def ask(stranger):
    return lambda **who: stranger.post("/vault/auth/password/reset", json=who)


@pytest.fixture
def confirm(stranger):
    def send(word, password=NEW):
        sent = {"token": word, "password": password}
        return stranger.post("/vault/auth/password/confirm", json=sent)

    return send


@pytest.fixture
def words(host, tenant, run_jobs):
    """Return the words of all messages so far, by run of the jobs."""

    def read():
        run_jobs()
        found = []
        for path in sorted((host.home.path / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=default)
            word = re.search(r"^    (\S+)\s*$", message.get_content(), re.M)
            found.append((message["To"], word[1]))
        return found

    return read


@pytest.mark.parametrize("who", [{"username": "Grace"}, {"email": "g@example.org"}])
def test_the_word_from_the_mail_sets_a_password_once(
    tenant, grace, ask, confirm, words, sign_in, who
):
    tokens = sign_in("grace", "the old secret").json
    assert ask(**who).status_code == 202
    [(to, word)] = words()
    assert to == "g@example.org"
    assert confirm(word).status_code == 204
    assert sign_in("grace", NEW).status_code == 200
    assert sign_in("grace", "the old secret").status_code == 401
    assert confirm(word, "yet another one").status_code == 400
    assert sign_in("grace", NEW).status_code == 200
    assert tokens["access"]


def test_a_reset_ends_what_was_open(grace, ask, confirm, words, sign_in, me, refresh):
    tokens = sign_in("grace", "the old secret").json
    ask(username="grace")
    confirm(words()[0][1])
    assert me(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401


def test_nobody_learns_who_has_an_account(grace, ask, words, query_count):
    answers, asked = [], []
    for who in ({"username": "grace"}, {"username": "nobody"}, {"email": "x@y.org"}):
        with query_count() as statements:
            answers.append(ask(**who))
        # The epoch and the wake table are read and written now and then by anyone.
        own = [s for s in statements.statements if "identity_" in s or "host_job" in s]
        asked.append(str(own))
    assert {a.status_code for a in answers} == {202}
    assert len({a.data for a in answers}) == 1
    assert len(set(asked)) == 1
    assert len(words()) == 1


def test_no_second_message_within_a_minute(grace, ask, words, later):
    ask(username="grace")
    assert len(words()) == 1
    ask(username="grace")
    assert len(words()) == 1
    with later(seconds=70):
        ask(username="grace")
        assert len(words()) == 2


def test_the_word_is_good_for_an_hour(grace, ask, confirm, words, later):
    ask(username="grace")
    [(_, word)] = words()
    with later(minutes=61):
        assert confirm(word).status_code == 400
    assert confirm(word, "short").status_code == 400
    with later(minutes=59):
        assert confirm(word).status_code == 204


def test_a_word_is_good_in_its_own_tenant_alone(
    grace, ask, confirm, words, stranger, make_tenant
):
    make_tenant("umbra")
    ask(username="grace")
    [(_, word)] = words()
    stranger.environ_base["HTTP_ORG"] = "umbra"
    assert confirm(word).status_code == 400


def test_a_reset_opens_what_strangers_had_slowed_down(
    grace, ask, confirm, words, sign_in
):
    for n in range(6):
        sign_in("grace", f"wrong {n}")
    assert sign_in("grace", "the old secret").status_code == 429
    ask(username="grace")
    confirm(words()[0][1])
    assert sign_in("grace", NEW).status_code == 200


def test_disabled_users_and_those_without_an_address_get_nothing(
    client_as, grace, ask, words
):
    path = f"/vault/users/{grace['id']}"
    admin = client_as("admin")
    admin.patch(path, json={"state": "disabled"}, headers={"If-Match": "*"})
    ask(username="grace")
    ask(username="admin")
    assert words() == []


@pytest.mark.parametrize("sent", [{}, {"username": "a", "email": "a@b.org"}])
def test_name_or_address_is_to_be_sent(stranger, sent):
    assert stranger.post("/vault/auth/password/reset", json=sent).status_code == 400


def test_ones_own_password_is_changed_by_who_knows_it(client_as, sign_in):
    member = client_as("member")
    wrong = member.put("/vault/me/password", json={"old": "wrong", "new": NEW})
    assert wrong.status_code == 403
    right = {"old": "a test password", "new": NEW}
    assert member.put("/vault/me/password", json=right).status_code == 204
    assert member.get("/vault/me").status_code == 401
    assert sign_in("member", NEW).status_code == 200


@pytest.mark.parametrize(
    "password",
    ["short", "password123", "aaaaaaaaaa", "abababababab", "gracehopper1", "x" * 1025],
)
def test_a_password_that_anybody_would_try_is_refused(client_as, password):
    sent = {"username": "gracehopper", "password": password}
    answer = client_as("admin").post("/vault/users", json=sent)
    assert answer.status_code == 400
    assert "password" in answer.json["errors"]


@pytest.mark.settings(core_identity={"password_min_length": 20})
def test_a_tenant_may_want_longer_passwords(open_home, make_tenant, in_tenant):
    from archivolt_core_identity import hashing
    from archivolt_host.kit.errors import InvalidError

    open_home()
    with in_tenant(make_tenant("acme", admin="")):
        hashing.check("x9" + "correct horse battery")
        with pytest.raises(InvalidError, match="20 to 1024 characters"):
            hashing.check("a test password")
