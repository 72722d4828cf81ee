"""What every request passes, in this order: CORS, CSP, tenant, authentication, tracing.

CORS is answered by its extension, CSP is a fixed header of every answer.
"""

from functools import lru_cache
from ipaddress import ip_address

from flask import Request, Response, redirect

from archivolt_host.errors import (
    ForgedError,
    HeadersTooLargeError,
    InvalidError,
    NoTenantError,
    NotFoundError,
    UnauthorizedError,
)
from archivolt_host.http import browsers
from archivolt_host.http.access import Access
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context
from archivolt_host.tenants.catalog import RESERVED, Catalog
from archivolt_host.tenants.context import Origin, Tenant
from archivolt_host.tenants.ids import uuid7

SCHEMES = {"jwt": "JWT", "bearer": "Bearer", "token": "Token"}
WHAT = {"JWT": "The token", "Bearer": "The token", "Token": "The key"}
WHAT |= {"Session": "The session"}
PREFIX = "/vault"
NIP = ".nip.io"  # acme.127.0.0.1.nip.io leads to 127.0.0.1 without any set-up
MAX_REQUEST_ID = 64
MAX_USER_AGENT = 500
MAX_HEADERS = 32 * 1024  # characters, of all together


def request_id(request: Request) -> str:
    """Return the caller's id for the request where it is fit to log, else a new one."""
    sent = request.headers.get("X-Request-Id", "")
    if sent and len(sent) <= MAX_REQUEST_ID and sent.replace("-", "").isalnum():
        return sent
    return uuid7().hex


def origin(request: Request) -> Origin:
    """Return where a request came from, as far as trusted proxies say so."""
    agent = request.headers.get("User-Agent", "")
    return Origin(request.remote_addr or "", agent[:MAX_USER_AGENT])


def refuse_large_headers(request: Request) -> None:
    """Answer 431 rather than drag kilobytes of headers through logs and caches."""
    environ = request.environ
    size = sum(len(v) for k, v in environ.items() if k.startswith("HTTP_"))
    if size > MAX_HEADERS:
        raise HeadersTooLargeError(
            f"The headers of this request have {size} characters; {MAX_HEADERS} pass. "
            "Delete this site's cookies, or send less."
        )


def moved_to_https(request: Request) -> Response:
    """Send the caller to the same address over https."""
    secure = request.url.replace("http://", "https://", 1)
    host = _name_of(request.host)
    moved = secure.replace(request.host, f"[{host}]" if ":" in host else host, 1)
    return redirect(moved, 301)  # type: ignore[return-value]


class TenantStage:
    """Finds out for whom the request is: ``Org`` under /vault, else the host name."""

    def __init__(self, catalog: Catalog, domain: str) -> None:
        self.catalog = catalog
        self.domain = domain

    def __call__(self, request: Request, access: Access) -> Tenant | None:
        """Return the tenant; none where the route needs none and none is named."""
        host = _name_of(request.host)
        named, hosted = request.headers.get("Org"), self._by_host(host)
        if named is not None and hosted is not None and named != hosted:
            raise InvalidError(
                f"The host name belongs to {hosted}, but 'Org' says {named}: "
                "send one of them."
            )
        inside = is_vault(request.path)
        if hosted is not None and browsers.session_of(request):
            inside = False  # the session belongs to the host name, and names the tenant
        slug = named if inside else hosted or named
        if slug is None:
            if access.tenantless:
                return None
            if not inside and not self._is_ours(host):
                raise NotFoundError("Tenant with the host name", host)
            raise NoTenantError("No tenant was named: send the header 'Org: <tenant>'.")
        found = self.catalog.find(slug)
        if found is None:
            raise NotFoundError("Tenant", slug)
        return found

    def _by_host(self, name: str) -> str | None:
        """Return the tenant of a host name; most belong to none and do not compete."""
        if self._is_ours(name):
            return None
        label, _, rest = name.partition(".")
        if rest and (rest == self.domain or rest.endswith(NIP)):
            return label if self.catalog.find(label) is not None else None
        return self.catalog.by_host(name)

    def _is_ours(self, name: str) -> bool:
        """Return whether a host name is the platform's: it names no tenant."""
        label, _, rest = name.partition(".")
        if name == self.domain or (rest == self.domain and label in RESERVED):
            return True
        return _is_address(name.removesuffix(NIP))


def is_vault(path: str) -> bool:
    """Return whether a path lies below /vault, where ``Org`` names the tenant."""
    return path.startswith(PREFIX + "/") or path == PREFIX


def _name_of(host: str) -> str:
    """Return the name in a Host header, without the port."""
    if host.startswith("["):
        return host.partition("]")[0].strip("[").lower()
    return host.partition(":")[0].lower().rstrip(".")


@lru_cache(maxsize=1024)
def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def authenticate(request: Request, tenant: Tenant | None, access: Access) -> None:
    """Authenticate before any view sees the request; one parser, three schemes."""
    if access.public:
        return
    sent = request.headers.get("Authorization")
    if tenant is not None and sent is not None:
        _identify_by_header(sent, tenant)
    elif tenant is not None and (cookie := browsers.session_of(request)):
        _identify("Session", cookie, tenant)
        if not browsers.is_ours(request, cookie):
            raise ForgedError()
    context.actor()  # a stranger gets 401


def _identify_by_header(sent: str, tenant: Tenant) -> None:
    scheme, _, token = sent.partition(" ")
    known = SCHEMES.get(scheme.lower())
    if known is None or not token.strip():
        raise UnauthorizedError(
            "Authorization is to be 'JWT <token>', 'Bearer <token>' or 'Token <key>'."
        )
    _identify(known, token.strip(), tenant)


def _identify(scheme: str, token: str, tenant: Tenant) -> None:
    actor = dispatch.first("identify", scheme=scheme, token=token)
    if actor is None or actor.tenant != tenant.slug:
        raise UnauthorizedError(
            f"{WHAT[scheme]} is not valid for this tenant: sign in again."
        )
    context.signed_in(actor)
