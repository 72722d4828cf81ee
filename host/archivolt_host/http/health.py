"""Is the process alive, and does everything it depends on answer, each by name."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog
from flask import Response, request
from marshmallow import fields
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as OWN
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import text

from archivolt_host.errors import DeniedError
from archivolt_host.http.access import public
from archivolt_host.http.blueprints import Blueprint
from archivolt_host.http.gates import Addresses
from archivolt_host.http.schemas import BaseSchema
from archivolt_host.jobs import rings
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import sessions

log = structlog.get_logger()

FRESH = 1.0  # seconds for which an answer is repeated: probes must not be a load

blueprint = Blueprint("health", __name__, description="Is it alive, is it ready?")
metrics = Blueprint("metrics", __name__, description="Figures for Prometheus.")


def check_database() -> None:
    """Raise if the catalog database does not answer."""
    with sessions.catalog() as session:
        session.execute(text("SELECT 1"))


def check_valkey() -> None:
    """Raise if Valkey does not answer."""
    rings.connect(rings.bell().url).ping()


def check_storage() -> None:
    """Raise if the home cannot be written."""
    probe = _bound["home"].run / "health"
    probe.write_bytes(b"ok")


_bound: dict[str, Any] = {}


def bind(home: Any, allowed: Addresses, *, multiprocess: bool) -> None:
    """Set whose home is probed, and who may read the metrics."""
    _bound.update(home=home, allowed=allowed, multiprocess=multiprocess)
    _bound.pop("last", None)


def _checks() -> dict[str, Callable[[], None]]:
    own = {"database": check_database, "valkey": check_valkey, "storage": check_storage}
    return own | {
        check.name: check.probe for check in dispatch.registry().health_checks
    }


def _look() -> tuple[dict[str, Any], int]:
    answers, failed = {}, False
    for name, probe in _checks().items():
        try:
            probe()
            answers[name] = "ok"
        except Exception as error:  # whatever it is, it is down
            log.warning("not ready", dependency=name, problem=str(error))
            answers[name], failed = "down", True
    plugins = {
        name: "ok" if name in dispatch.registry().names else "out"
        for name in dispatch.registry().manifest.plugins
    }
    state = "down" if failed else "ok"
    body = {"status": state, "dependencies": answers, "plugins": plugins}
    return body, 503 if failed else 200


class LiveSchema(BaseSchema):
    """The process answers."""

    status = fields.String(required=True)


class ReadySchema(LiveSchema):
    """What answers, what is down, which plugins are out."""

    dependencies = fields.Dict(keys=fields.String(), values=fields.String())
    plugins = fields.Dict(keys=fields.String(), values=fields.String())


@blueprint.route("/vault/health/live")
@public(tenantless=True, probe=True)
@blueprint.response(200, LiveSchema)
def live() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@blueprint.route("/vault/health/ready")
@public(tenantless=True, probe=True)
@blueprint.response(200, ReadySchema)
@blueprint.alt_response(503, schema=ReadySchema, success=False)
def ready() -> tuple[dict[str, Any], int]:
    """Tell whether each dependency answers; 503 when one is down."""
    last = _bound.get("last")
    if last is None or monotonic() - last[0] > FRESH:
        last = _bound["last"] = (monotonic(), *_look())
    return last[1], last[2]


@metrics.route("/metrics")
@public(tenantless=True, probe=True)
def figures() -> Response:
    """Return the figures of all processes in Prometheus' text format."""
    if request.remote_addr not in _bound["allowed"]:
        raise DeniedError(
            "Metrics are shown to the addresses in the manifest's 'metrics_allow' only."
        )
    registry = OWN
    if _bound["multiprocess"]:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
