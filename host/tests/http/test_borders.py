"""What a plugin hangs on its blueprint holds for its own routes, and while it is on."""

import socket
from contextlib import closing

import pytest

from archivolt_host.plugins import granting

pytestmark = [pytest.mark.plugins("core_identity", "sample")]
HEARD = """
import socket
from contextlib import suppress

from flask import Response
from archivolt_hookspecs import hookimpl
from archivolt_host.errors import NotGrantedError
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint("sample", __name__)
heard = []


def reach(who):
    heard.append(who)
    try:
        socket.create_connection(("127.0.0.1", PORT), 2).close()
    except NotGrantedError:
        heard.append("refused")


@blueprint.before_request
def before():
    reach("before")


@blueprint.after_request
def after(response):
    reach("after")
    response.headers["X-Heard"] = "yes"
    return response


@blueprint.teardown_request
def ended(error):
    reach("ended")


@blueprint.errorhandler(404)
def lost(error):
    return "mine", 200


@blueprint.route("/sample")
class Sample(ModelAPIView):
    @signed_in()
    def get(self):
        def pieces():
            reach("pieces")
            yield b"read"
        return Response(pieces())


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""
BEYOND = """
import flask
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint

blueprint = Blueprint("sample", __name__)
DEED


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""
PLAIN = """
blueprint = flask.Blueprint("sample", __name__)

@blueprint.before_app_request
def hijack():
    return "hijacked"
"""
DEEDS = [
    "@blueprint.before_app_request\ndef hijack(): return 'hijacked'",
    "@blueprint.after_app_request\ndef hijack(response): return response",
    "@blueprint.teardown_app_request\ndef hijack(error): pass",
    "@blueprint.app_errorhandler(404)\ndef hijack(error): return 'mine', 200",
    "@blueprint.app_url_value_preprocessor\ndef hijack(endpoint, values): pass",
    "blueprint.record(lambda state: state.app.before_request(lambda: 'hijacked'))",
    "blueprint.record_once(lambda state: None)",
    "blueprint.register_blueprint(Blueprint('inner', __name__))",
    PLAIN,
]


@pytest.fixture
def server():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def heard(make_plugin, server, request):
    """Install a plugin that listens and reaches; return what it has done."""
    asked = {"net": ["127.0.0.1"]} if getattr(request, "param", False) else {}
    make_plugin("sample", HEARD.replace("PORT", str(server)), grants=asked)

    def read():
        import archivolt_sample.plugin

        found = list(archivolt_sample.plugin.heard)
        archivolt_sample.plugin.heard.clear()
        return found

    return read


WAYS = ["before", "pieces", "after", "ended"]


@pytest.mark.parametrize("heard", [True], indirect=True)
def test_its_own_routes_are_its_own(heard, client_as):
    answer = client_as("admin").get("/vault/sample")
    assert (answer.text, answer.headers["X-Heard"]) == ("read", "yes")
    assert sorted(heard()) == sorted(WAYS)


def test_all_of_its_functions_are_held_to_its_grants(heard, client_as):
    granting.refused.clear()
    assert client_as("admin").get("/vault/sample").text == "read"
    found = heard()
    assert found.count("refused") == len(WAYS)
    assert granting.refused == {("sample", "127.0.0.1")}


def test_none_of_its_functions_runs_where_it_is_off(heard, client_as, client):
    admin = client_as("admin")
    admin.put("/vault/plugins/sample", json={"enabled": False})
    answer = admin.get("/vault/sample")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "X-Heard" not in answer.headers
    assert client.get("/vault/sample", headers={"Org": "acme"}).status_code == 401
    assert heard() == []


@pytest.mark.parametrize("deed", DEEDS)
def test_what_reaches_beyond_them_puts_it_out(make_plugin, open_home, client_as, deed):
    make_plugin("sample", BEYOND.replace("DEED", deed))
    host = open_home(settings={"host": {"extra_mounts": False}})
    admin = client_as("admin")
    assert host.registry.out["sample"]
    assert admin.get("/vault/me").json["username"] == "admin"
    assert admin.get("/vault/nowhere").json["code"] == "not_found"
