"""A request that is sent twice happens once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from archivolt_host.http import idempotency

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.usefixtures("notes"),
    pytest.mark.placements,
]
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def member(client_as):
    return client_as("member")


@pytest.fixture
def code(member):
    found = sys.modules["archivolt_notes.plugin"]
    found.reached.clear()
    found.go_on.clear()
    yield found
    found.go_on.set()


def send(client, text="hello", key=KEY, **more):
    return client.post("/vault/notes", json={"text": text, **more}, headers=key)


def texts(client):
    return [note["text"] for note in client.get("/vault/notes").json]


def test_the_same_request_gets_the_first_answer_again(member):
    first, again = send(member), send(member)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.content_type == first.content_type
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert texts(member) == ["hello"]


def test_another_body_under_the_same_key_is_refused(member, is_problem):
    send(member)
    is_problem(send(member, "other"), 422, "unprocessable")
    assert texts(member) == ["hello"]


def test_a_failure_frees_the_key(member, is_problem):
    is_problem(send(member, refuse=True), 409, "refused")
    assert send(member).status_code == 201
    is_problem(send(member, 12, {"Idempotency-Key": "two"}), 400, "invalid")
    assert send(member, "more", {"Idempotency-Key": "two"}).status_code == 201


def test_a_key_is_its_users_and_its_routes_alone(member, client_as):
    send(member)
    other = send(client_as("grace"), "hers")
    later = member.post("/vault/notes/later", json={"text": "hello"}, headers=KEY)
    assert (other.status_code, later.status_code) == (201, 202)


def test_a_request_under_way_is_not_begun_again(member, code, is_problem):
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, member, wait=True)
        assert code.reached.wait(10)
        is_problem(send(member, wait=True), 409, "refused")
        code.go_on.set()
        assert first.result().status_code == 201
    assert texts(member) == ["hello"]


def test_two_at_once_have_one_effect(member, app):
    barrier = Barrier(4)

    def shoot(_):
        client = app.test_client()
        client.environ_base.update(member.environ_base)
        barrier.wait()
        return send(client)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(shoot, range(4)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert texts(member) == ["hello"]


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel"])
def test_an_odd_key_is_refused(member, key, is_problem):
    sent = {"Idempotency-Key": key.encode("utf-8").decode("latin-1")}
    is_problem(send(member, key=sent), 400, "invalid")
    assert texts(member) == []


def test_reading_needs_no_key_and_ignores_one(member):
    assert member.get("/vault/notes", headers=KEY).status_code == 200
    assert send(member).status_code == 201


def test_a_stranger_claims_no_key(stranger, is_problem):
    is_problem(send(stranger), 401, "unauthorized")


def wait_inside(pipe, app, environ):
    """Be a web process that gets stuck in a request."""
    sys.modules["archivolt_notes.plugin"].reached.set = lambda: pipe.send("inside")
    client = app.test_client()
    client.environ_base.update(environ)
    send(client, wait=True)


def test_a_killed_request_frees_its_key(member, app, in_child, eventually):
    assert timedelta(seconds=5) > idempotency.LEASE
    pipe, process = in_child(wait_inside, app, member.environ_base)
    assert pipe.recv() == "inside"
    assert send(member).status_code == 409
    process.kill()
    process.join()
    eventually(lambda: send(member).status_code == 201)
    assert texts(member) == ["hello"]


def test_a_slow_request_keeps_its_key(member, code, monkeypatch, eventually):
    monkeypatch.setattr(idempotency, "LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr(idempotency, "RENEW_EVERY", 0.05)
    renewed = []
    renewing = idempotency._renewing

    def count(key, owner):
        renew = renewing(key, owner)
        return lambda: (renew(), renewed.append(key))

    monkeypatch.setattr(idempotency, "_renewing", count)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, member, wait=True)
        assert code.reached.wait(10)
        eventually(lambda: len(renewed) > 8)  # more than one lease has passed
        assert send(member).status_code == 409
        code.go_on.set()
        assert first.result().status_code == 201
