"""The Flask application of the host: every request goes through here, in this order.

enter (request id) → stages → gate (is the plugin on?) → permission → one unit of work
around the view and its serialisation, committed before the answer is sent.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import NotFound

from archivolt_host.errors import ArchivoltError, DeniedError, UnavailableError
from archivolt_host.http import borders, idempotency, observing, problems, stages
from archivolt_host.http.access import CLOSED, Access, Table, table_of
from archivolt_host.http.bodies import Bodies
from archivolt_host.http.cookies import Cookies
from archivolt_host.http.encoding import Encoder
from archivolt_host.http.forwarding import Proxies
from archivolt_host.http.headers import HSTS
from archivolt_host.http.limits import Limits, household
from archivolt_host.http.rules import LazyRule
from archivolt_host.http.stages import TenantStage
from archivolt_host.plugins import dispatch, granting, recording, timing
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context, sessions, tracing

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ERROR = 400
UNKNOWN = Access("")  # no such route: strangers still get 401


class Outermost:
    """Around the application: who asks, bodies, slashes go in, headers come out."""

    def __init__(
        self,
        application: Any,
        headers: Sequence[tuple[str, str]],
        bodies: Bodies,
        proxies: Proxies,
    ) -> None:
        self.application = application
        self.bodies = bodies
        self.proxies = proxies
        self.headers = [(name.lower(), (name, value)) for name, value in headers]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Accept a trailing slash without a redirect; add what a view did not set."""
        self.proxies.settle(environ)
        path = environ["PATH_INFO"]
        if len(path) > 1 and path[-1] == "/" and not path.startswith("//"):
            environ["PATH_INFO"] = path.rstrip("/") or "/"

        def start(status: str, sent: list[tuple[str, str]], info: Any = None) -> Any:
            names = {name.lower() for name, _ in sent}
            sent += [pair for lower, pair in self.headers if lower not in names]
            return start_response(status, sent, info)

        body = self.bodies.of(environ)
        try:
            return self.application(environ, start)
        finally:
            if body is not None:
                body.release()


class Edge(Flask):
    """The application: stages before each view, a unit of work around it."""

    url_rule_class = LazyRule
    tenant_stage: TenantStage
    limits: Limits
    proxies: Proxies
    https_only = False
    fixed_headers: tuple[tuple[str, str], ...] = ()
    cross_origin: Any = None
    access_log = True
    bodies = Bodies(threads=8, patience=30.0)

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.json = Encoder(self)
        self.session_interface = Cookies()
        self.owners: dict[str, str] = {}
        self.access: Table = {}
        problems.register(self)
        self.teardown_request(_leave)

    def freeze(self) -> None:
        """Note what each route demands, once all plugins are mounted."""
        self.access = table_of(self)
        self.wsgi_app = Outermost(  # type: ignore[method-assign]
            self.wsgi_app, self.fixed_headers, self.bodies, self.proxies
        )

    def full_dispatch_request(self) -> Response:
        """Answer a request, and leave no transaction open whatever happens."""
        try:
            return super().full_dispatch_request()
        finally:
            sessions.leave()

    def preprocess_request(self) -> Any:
        """Pass the stages; what is refused here never reaches a view."""
        asked = request._get_current_object()  # type: ignore[attr-defined]
        began, id = perf_counter(), stages.request_id(asked)
        timing.begin_request()
        g.began, g.access, g.outside = began, CLOSED, context.current()
        context.enter(None, None, id, stages.origin(asked))
        g.outside_trace = tracing.current()
        tracing.enter(tracing.following(asked.headers.get("traceparent")))
        stages.refuse_large_headers(asked)
        access = self._access()
        if self.https_only and asked.scheme != "https" and not _is_probe(access):
            return stages.moved_to_https(asked)
        if asked.method == "OPTIONS":
            return None  # a preflight carries neither tenant nor token
        if access is None:
            return None
        g.access = access
        try:
            self._admit(access, id)
        except ArchivoltError:
            self._limit(access)  # who guesses tenants and tokens asks too
            raise
        self._limit(access)
        self._gate()
        self._permit(access)
        if not _only_reads(asked.method, access):
            sessions.leave()  # what was looked up may be old by the time it writes
        if not access.streams:
            asked.max_content_length = self.config["MAX_JSON"]
        return super().preprocess_request()

    def _admit(self, access: Access, id: str) -> None:
        """Find out for which tenant the request is, and who asks."""
        asked = request._get_current_object()  # type: ignore[attr-defined]
        tenant = self.tenant_stage(asked, access)
        context.enter(tenant, None, id, context.origin())
        self._refuse_unmigrated()
        if tenant is not None:
            # All that is looked up before the view; one that only reads goes on in it.
            sessions.enter(sessions.UnitOfWork(tenant.place, write=False))
        stages.authenticate(asked, tenant, access)

    def _limit(self, access: Access) -> None:
        """Count the request for its address and its user, or answer 429."""
        if access.probe:
            return
        actor, address = context.actor_or_none(), household(request.remote_addr)
        who = {"addresses": address}
        if actor is not None:
            who["users"] = f"{actor.tenant}:{actor.id}"
        else:
            who["strangers"] = address
        if access.signs_in:
            who["sign_in"] = address
        self.limits.check(who)

    def _access(self) -> Access | None:
        """Return what the route demands; None for nothing at all outside /vault."""
        if request.endpoint is None:
            return UNKNOWN if request.path.startswith(stages.PREFIX + "/") else None
        return self.access.get((request.endpoint, request.method), CLOSED)

    def _refuse_unmigrated(self) -> None:
        """Answer 503 where the host's own tables are not as this code needs them."""
        tenant = context.tenant_or_none()
        if tenant is not None and dispatch.registry().why_out(HOST, tenant.slug):
            raise UnavailableError(
                "This tenant's database could not be migrated: the operator sees why "
                "with 'archivolt migrate'."
            )

    def _gate(self) -> None:
        """Answer 404 for the routes of a plugin that is off for this tenant."""
        owner = self.owners.get(request.blueprint or "", HOST)
        tenant = context.tenant_or_none()
        enabled = dispatch.registry().enabled(tenant.slug if tenant else None)
        if owner != HOST and owner not in enabled:
            raise NotFound()
        g.gated = True  # from here on, the plugin's code may run

    def _permit(self, access: Access) -> None:
        if access.public or access.permission == "":
            return
        if access.permission is None:
            raise DeniedError("This route declares no permission, so it stays closed.")
        if dispatch.allowed(access.permission):
            return
        declared = dispatch.registry().permissions.get(access.permission)
        if declared is not None and declared.scoped and request.method in SAFE:
            return  # who may see nothing sees an empty list, and nothing is found
        raise DeniedError(f"This needs the permission {access.permission}.")

    def _find_error_handler(self, error: Exception, blueprints: list[str]) -> Any:
        """Answer for a plugin that is off, whatever it has for errors of its own."""
        return super()._find_error_handler(error, blueprints if g.get("gated") else [])

    def dispatch_request(self) -> Response:
        """Run the view in one unit of work and commit before the answer is sent."""
        tenant = context.tenant_or_none()
        if tenant is None or request.routing_exception is not None:
            return self._view()
        reading = sessions.unit_or_none()
        if reading is not None:
            response = self._view()
            reading.commit()
            return response
        work = sessions.UnitOfWork(tenant.place, write=True)
        with sessions.entered(work):
            # A stranger's key is ignored: it would be everybody's, and give out tokens.
            is_known = context.actor_or_none() is not None
            if is_known and "Idempotency-Key" in request.headers:
                return idempotency.once(work, self._deed)
            response = self._deed()
            work.commit()
        return response

    def _deed(self) -> Response:
        """Run a view that may write; what left no record of its own is told as asked.

        So no route is silent, not even one that writes only what follows from others.
        """
        response, work = self._view(), sessions.unit()
        if work.write and not work.changes and response.status_code < ERROR:
            named = [str(value) for value in (request.view_args or {}).values()]
            action = f"{request.method} {request.url_rule}"
            recording.note(action, " ".join(named), kind=request.blueprint or "")
        return response

    def _view(self) -> Response:
        owner = self.owners.get(request.blueprint or "")
        with granting.at_work(owner):
            response = self.make_response(super().dispatch_request())
        return borders.hold_body(owner, response)

    def process_response(self, response: Response) -> Response:
        """Log and count the answer."""
        response = super().process_response(response)
        if self.cross_origin is not None:
            response.vary.add("Origin")  # the extension forgets it for a single origin
        response.headers["X-Request-Id"] = context.request_id()
        if self.https_only and request.scheme == "https":
            response.headers["Strict-Transport-Security"] = HSTS
        observing.note(self, response)
        return response


def _only_reads(method: str, access: Access) -> bool:
    """Return whether the view needs no transaction of its own."""
    return method in SAFE or access.reads


def _is_probe(access: Access | None) -> bool:
    """Return whether a machine beside this one asks, which knows no https."""
    return access is not None and access.probe


def _leave(error: BaseException | None) -> None:
    """Leave no tenant behind for what this thread does next."""
    context.enter(*g.pop("outside", (None,)))
    tracing.enter(g.pop("outside_trace", None))
