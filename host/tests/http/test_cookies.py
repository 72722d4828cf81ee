"""Flask's own session works for a plugin that wants it, and costs nobody else."""

import pytest
from flask import Flask, session

from archivolt_host.http.cookies import Cookies


@pytest.fixture
def client():
    app = Flask("counting")
    app.secret_key = "a key that nobody knows"
    app.session_interface = Cookies()

    @app.get("/count")
    def count():
        session["seen"] = session.get("seen", 0) + 1
        return {"seen": session["seen"]}

    @app.get("/quiet")
    def quiet():
        return {}

    return app.test_client()


def test_a_session_begins_without_a_cookie_and_goes_on_with_one(client):
    assert [client.get("/count").json["seen"] for _ in range(3)] == [1, 2, 3]


def test_a_forged_cookie_is_no_session(client):
    client.get("/count")
    client.set_cookie("session", "eyJzZWVuIjo5OX0.AAAAAA.forged")
    assert client.get("/count").json["seen"] == 1


def test_who_needs_no_session_gets_no_cookie(client):
    assert "Set-Cookie" not in client.get("/quiet").headers
