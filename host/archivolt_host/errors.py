"""Errors a user can be told about, each with its HTTP status and a stable code."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class ArchivoltError(Exception):
    """Base class: its text is a sentence that the user reads."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    headers: Mapping[str, str] = {}
    errors: Mapping[str, Sequence[str]] | None = None


class InvalidError(ArchivoltError):
    """Something in the request has the wrong form; ``errors`` says what, by field."""

    code = "invalid"

    def __init__(
        self, message: str, errors: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.errors = errors

    @classmethod
    def by_field(cls, messages: Any) -> "InvalidError":
        """Return what marshmallow says of the fields as one error."""
        fields = flatten(messages)
        said = (f"{name}: {' '.join(found)}" for name, found in fields.items())
        return cls(" ".join(said), fields)


def flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Return nested validation messages as lists by dotted field name."""
    if isinstance(messages, Mapping):
        flat: dict[str, list[str]] = {}
        for key, value in messages.items():
            # webargs puts the location first: of no use to the reader
            inner = path if not path and key in LOCATIONS else f"{path}.{key}"
            for name, found in flatten(value, inner.strip(".")).items():
                flat.setdefault(name, []).extend(found)
        return flat
    found = messages if isinstance(messages, list) else [messages]
    return {path.replace("._schema", "") or "body": [str(m) for m in found]}


LOCATIONS = ("json", "query", "form", "files", "headers", "path", "_schema")


class NoTenantError(ArchivoltError):
    """Nobody said for which tenant."""

    code = "tenant_missing"


class UnauthorizedError(ArchivoltError):
    """Who is asking is not known, or the proof is worth nothing."""

    status = 401
    code = "unauthorized"
    headers: Mapping[str, str] = {"WWW-Authenticate": 'JWT realm="archivolt"'}


class DeniedError(ArchivoltError):
    """The caller may see it, but may not do that."""

    status = 403
    code = "denied"


class ForgedError(DeniedError):
    """A browser sent its cookie along, but no page of ours made it ask."""

    code = "csrf"

    def __init__(self) -> None:
        super().__init__(
            "A write with a session cookie needs the header X-CSRF-Token: its value is "
            "in the answer of the sign-in, and at GET /vault/auth/session."
        )


class NotFoundError(ArchivoltError):
    """Nothing there, or nothing there for this caller."""

    status = 404
    code = "not_found"

    def __init__(self, kind: str, id: Any = None) -> None:
        named = f"{kind} {id}" if id is not None else kind
        super().__init__(f"{named} was not found.")


class RefusedError(ArchivoltError):
    """A rule, or a plugin, said no; or the object is in the wrong state."""

    status = 409
    code = "refused"


class StaleError(ArchivoltError):
    """Somebody else changed it since the caller read it."""

    status = 412
    code = "stale"

    def __init__(
        self,
        message: str = "It was changed in the meantime: read it again, then retry.",
    ) -> None:
        super().__init__(message)


class TooLargeError(ArchivoltError):
    """More than the configured limit."""

    status = 413
    code = "too_large"


class RangeError(ArchivoltError):
    """The part asked for lies outside the content."""

    status = 416
    code = "range_not_satisfiable"


class UnprocessableError(ArchivoltError):
    """Well-formed, but it contradicts what came before."""

    status = 422
    code = "unprocessable"


class PreconditionRequiredError(ArchivoltError):
    """A write to a versioned resource came without ``If-Match``."""

    status = 428
    code = "precondition_required"


class LimitedError(ArchivoltError):
    """More requests than the manifest allows; ``Retry-After`` says when to return."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(seconds)}


class HeadersTooLargeError(ArchivoltError):
    """The headers of the request are longer than any honest client's."""

    status = 431
    code = "headers_too_large"


class SwitchedOffError(ArchivoltError):
    """An action that the tenant, or the operator, has switched off."""

    status = 405
    code = "switched_off"
    headers: Mapping[str, str] = {"Allow": "OPTIONS"}


class NotGrantedError(ArchivoltError, PermissionError):
    """A plugin reached for what its plugin.toml does not ask for; its author errs."""

    status = 500
    code = "not_granted"


class UnavailableError(ArchivoltError):
    """Something needed is down or overloaded; trying again later may help."""

    status = 503
    code = "unavailable"
    headers: Mapping[str, str] = {"Retry-After": "5"}


class StorageFullError(ArchivoltError):
    """The disk has no room for it."""

    status = 507
    code = "storage_full"


class GuardDownError(UnavailableError):
    """A plugin that guards the question cannot answer it: refused, not let through."""

    code = "guard_down"

    def __init__(self, plugin: str, hook: str) -> None:
        super().__init__(
            f"The plugin {plugin}, which guards {hook}, is not working here. "
            "See 'archivolt plugins' for the reason."
        )
