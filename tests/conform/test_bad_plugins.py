"""Plugins, each bad in one way: each fails exactly the check that names it."""

import pytest

pytestmark = pytest.mark.slow  # each is a program of its own, with three tenants

HEAD = """
from archivolt_hookspecs import hookimpl
"""
EMPTY = """
class Plugin:
    pass
"""
ROUTES = """
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Permission
from archivolt_host.kit.api import BaseSchema, Blueprint, ModelAPIView, requires
from archivolt_host.kit.context import actor, tenant
from flask import jsonify

blueprint = Blueprint("{name}", __name__, url_prefix="{prefix}")


class AnySchema(BaseSchema):
    pass


{body}


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""
SIGNED_IN = """
from archivolt_host.kit.api import signed_in

seen = []


@blueprint.route("/things")
class Things(ModelAPIView):
    @signed_in()
    def get(self):
        return jsonify({{"items": {items}}})

    @signed_in()
    def post(self):
        seen.append(tenant().slug)
        {deed}
        return jsonify({{}}), 201
"""


def routes(name, *, prefix=None, items="[]", deed="pass"):
    body = SIGNED_IN.format(items=items, deed=deed)
    return ROUTES.format(name=name, prefix=prefix or f"/{name}", body=body)


MODEL = '''
"""Tables."""

from sqlalchemy.orm import Mapped

from archivolt_host.kit.db import Base, UuidMixin


class Thing(UuidMixin, Base):
    __tablename__ = "{table}"

    name: Mapped[str]
'''
MIGRATION = '''
"""The first table."""

import sqlalchemy as sa
from alembic import op

revision = "{name}_0001"
down_revision = None


def upgrade():
    op.create_table(
        "{table}",
        sa.Column("id", sa.Uuid(), primary_key=True),
        {columns}
    )
    {also}


def downgrade():
    {down}
'''
NAME_COLUMN = 'sa.Column("name", sa.String(), nullable=False),'


def tables(name, *, table=None, columns=NAME_COLUMN, down=None, code=None, also="pass"):
    """A plugin with one table."""
    table = table or f"{name}_thing"
    down = down or f'op.drop_table("{table}")'
    return {
        "code": code or f"from archivolt_{name} import models\n{EMPTY}",
        "tables": table.rpartition("thing")[0],
        "files": {
            "models.py": MODEL.format(table=table),
            "migrations/0001_first.py": MIGRATION.format(
                name=name, table=table, columns=columns, down=down, also=also
            ),
        },
    }


WRITE = (
    "from archivolt_host.kit import db; from sqlalchemy import text\n"
    "        db.session().execute(text(\"INSERT INTO bad_thing VALUES ('1', 'x')\"))"
)
KEY = (
    "from archivolt_host.jobs import rings\n"
    "        rings.connect(rings.bell().url).set('mine', 1)"
)
FILE = (
    "from archivolt_host.plugins.drivers import _home\n"
    "        (_home['path'] / 'blobs' / 'leftover').write_text('mine')"
)

EAR = """
def listen():
    seen.append(1)


blueprint.deferred_functions.append(lambda state: state.app.before_request(listen))


"""
BAD = {
    "an import error": ("imports", {"code": "import no_such_module"}),
    "another host's API": ("resolves", {"host_api": ">=9"}),
    "a circle": ("resolves", {"requires": {"bad": ">=1"}}),
    "a clash of routes": (
        "names",
        {"code": routes("bad", prefix="/documents")},
    ),
    "a clash of tables": ("names", tables("bad", table="documents_thing")),
    "a hook argument that does not exist": (
        "hooks",
        {
            "code": HEAD
            + """
class Plugin:
    @hookimpl
    def document_saved(self, document, colour):
        pass
"""
        },
    ),
    "a slow hook": (
        "hooks behave",
        {
            "code": HEAD
            + """
import time

class Plugin:
    @hookimpl
    def sign_in_refused(self, username):
        time.sleep(0.1)
"""
        },
    ),
    "a raising hook": (
        "hooks behave",
        {
            "code": HEAD
            + """
class Plugin:
    @hookimpl
    def load_samples(self):
        raise OSError("no")
"""
        },
    ),
    "a leaking tenant": (
        "tenants apart",
        {"code": routes("bad", items="seen")},
    ),
    "an undeclared call to the network": (
        "grants",
        {
            "code": routes(
                "bad",
                deed="import socket, contextlib\n"
                "        with contextlib.suppress(OSError):\n"
                "            socket.create_connection(('127.0.0.9', 9), 0.2)",
            )
        },
    ),
    "a broken migration": ("migrations", tables("bad", columns="1 / 0,")),
    "a migration for SQLite alone": (
        "postgresql",
        tables(
            "bad", also="op.execute('INSERT OR IGNORE INTO bad_thing VALUES (1, 2)')"
        ),
    ),
    "rows that nobody records": (
        "audited",
        tables("bad", code=routes("bad", deed=WRITE)),
    ),
    "a file that outlives it": ("purge", {"code": routes("bad", deed=FILE)}),
    "settings of the wrong type": (
        "manifest",
        {"settings": {"most": {"type": "integer", "default": "many"}}},
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_it_fails_exactly_the_check_that_names_it(verdict, fault):
    expected, plugin = BAD[fault]
    found = verdict("bad", **plugin)
    assert list(found.failed) == [expected], found.failed
    assert not found.conforms
    assert found.checks[expected]["mend"]


FURTHER = {
    "a thread at import": (
        "imports",
        {
            "code": "import threading, time\n"
            "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
            + EMPTY
        },
    ),
    "a database at import": (
        "imports",
        {"code": "import sqlite3\nsqlite3.connect(':memory:').close()\n" + EMPTY},
    ),
    "an ear for everybody's requests": (
        "off means off",
        {
            "code": routes("bad").replace("class AnySchema", EAR + "class AnySchema"),
        },
    ),
    "a view that fails": ("serves", {"code": routes("bad", deed="1 / 0")}),
    "a key that outlives it": ("purge", {"code": routes("bad", deed=KEY)}),
    "tables that stay after the way down": ("migrations", tables("bad", down="pass")),
    "models ahead of migrations": ("migrations", tables("bad", columns="")),
    "a setting that no README names": (
        "documented",
        {"settings": {"most": {"type": "integer", "default": 1}}},
    ),
}


@pytest.mark.parametrize("fault", FURTHER)
def test_further_faults_are_named_too(verdict, fault):
    expected, plugin = FURTHER[fault]
    assert list(verdict("bad", **plugin).failed) == [expected]


def test_a_clean_plugin_keeps_every_promise(verdict):
    found = verdict("clean", **tables("clean"))
    assert found.conforms, found.failed


def test_what_was_declared_is_granted(verdict, make_plugin):
    code = BAD["an undeclared call to the network"][1]["code"].replace("bad", "good")
    toml = """
[plugin]
id = "good"
name = "Good"
summary = "Calls what it says it calls."
host_api = ">=1,<2"

[grants]
net = ["127.0.0.9"]
"""
    assert verdict("good", code=code, toml=toml).conforms
