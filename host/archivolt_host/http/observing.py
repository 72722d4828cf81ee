"""What is written down of each request: a log line, a metric, and who took the time."""

from functools import cache
from time import perf_counter
from typing import Any

import structlog
from flask import Response, g, request
from prometheus_client import Histogram

from archivolt_host.plugins import timing
from archivolt_host.tenants import context

log = structlog.get_logger("archivolt.access")

PROBES = "/vault/health/"  # asked every few seconds: of no use in a log

REQUESTS = Histogram(
    "archivolt_request_seconds",
    "Requests by method, route and status",
    ["method", "route", "status"],
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10),
)


def note(app: Any, response: Response) -> None:
    """Log and count one request."""
    asked = request._get_current_object()  # type: ignore[attr-defined]
    seconds = perf_counter() - g.began if "began" in g else 0.0
    rule = asked.url_rule
    route = rule.rule if rule is not None else "none"
    _account(asked.method, route, response.status_code).observe(seconds)
    actor = context.actor_or_none()
    if actor is not None and "owner" in actor.roles:
        response.headers["Server-Timing"] = server_timing(seconds)
    if app.access_log and not route.startswith(PROBES):
        log.info(
            "request",
            method=asked.method,
            path=asked.path,
            address=asked.remote_addr,
            status=response.status_code,
            ms=round(seconds * 1000, 2),
        )


@cache
def _account(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, status)


def server_timing(seconds: float) -> str:
    """Return the total and each plugin's share, in milliseconds."""
    shares = [f"total;dur={seconds * 1000:.2f}"]
    shares += [
        f"{name};dur={spent * 1000:.2f}" for name, spent in timing.of_request().items()
    ]
    return ", ".join(shares)
