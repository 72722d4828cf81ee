import pytest

MOUNTED = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import (
    BaseSchema, Blueprint, ModelAPIView, headers, public, require_match, signed_in
)
from archivolt_host.kit.context import tenant
from flask import Response
from marshmallow import fields


class ThingSchema(BaseSchema):
    words = fields.String(required=True)


class Thing:
    id, revision, words = "thing", 3, "as it is"


blueprint = Blueprint("mounted", __name__, extra_mounts=("/api/v1", "/api/old"))
inner = Blueprint("inner", __name__, url_prefix="/inner")


@blueprint.route("/who")
@public()
def who():
    return Response(tenant().slug)


@blueprint.route("/thing")
class OneThing(ModelAPIView):
    @signed_in()
    @blueprint.response(200, ThingSchema)
    def get(self):
        return Thing

    @signed_in()
    @blueprint.arguments(ThingSchema)
    @blueprint.response(200, ThingSchema)
    def put(self, sent):
        require_match(Thing)
        return sent, 200, headers(Thing)


@inner.route("/thing")
@signed_in()
def inner_thing():
    return Response("inner")


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint, inner]
"""


@pytest.fixture
def mounted(make_plugin):
    """Install a plugin whose routes are mounted outside /vault too."""
    return make_plugin("mounted", MOUNTED)


@pytest.fixture
def stranger(client, tenant):
    """A client that names the tenant and has not signed in."""
    client.environ_base["HTTP_ORG"] = tenant.slug
    return client
