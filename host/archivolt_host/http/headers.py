"""The security headers of every answer, worked out once at start."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask_cors import CORS
from secure import Secure
from secure.headers import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    ReferrerPolicy,
    XContentTypeOptions,
    XFrameOptions,
)

HSTS = "max-age=31536000; includeSubDomains"
EXPOSED = ("ETag", "Link", "Location", "X-Request-Id", "Retry-After", "Content-Range")


def _policy() -> ContentSecurityPolicy:
    return ContentSecurityPolicy().base_uri("'none'").frame_ancestors("'none'")


def _page() -> ContentSecurityPolicy:
    """Return what a page of ours may do: load its own files, and ask its own API."""
    return (
        _policy()
        .default_src("'self'")
        .style_src("'self'", "'unsafe-inline'")  # both pages set styles on elements
        .img_src("'self'", "data:")
        .object_src("'none'")
        .form_action("'self'")
    )


SWAGGER_POLICY = _page().header_value
# ReDoc searches in a worker, and carries the font of its icons within its script.
REDOC_POLICY = (
    _page().worker_src("'self'", "blob:").font_src("'self'", "data:").header_value
)


def fixed() -> tuple[tuple[str, str], ...]:
    """Return the headers that every answer carries unless its view set others."""
    headers = Secure(
        csp=_policy().default_src("'none'").form_action("'none'"),
        cache=CacheControl().no_store(),
        coop=CrossOriginOpenerPolicy().same_origin(),
        referrer=ReferrerPolicy().no_referrer(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
    )
    # Scanners ask for it; 0 switches off a filter of old browsers that did harm.
    return (*headers.headers.items(), ("X-XSS-Protection", "0"))


def allow_origins(app: Flask, origins: Sequence[str]) -> Any:
    """Answer the browsers of these origins; without any, none is let in."""
    if not origins:
        return None
    return CORS(
        app,
        origins=list(origins),
        expose_headers=list(EXPOSED),
        max_age=600,
        vary_header=True,
    )
