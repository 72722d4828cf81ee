"""Routes and schemas: parse, call, answer."""

from archivolt_host.http.access import public, requires, signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.etags import (
    etag,
    headers,
    match_if_sent,
    not_modified,
    require_match,
)
from archivolt_host.http.paging import Page, Slice, answer
from archivolt_host.http.schemas import (
    BaseSchema,
    ListQuery,
    Moment,
    QuerySchema,
    Sort,
    page_of,
)

__all__ = [
    "BaseSchema",
    "Blueprint",
    "ListQuery",
    "ModelAPIView",
    "Moment",
    "Page",
    "QuerySchema",
    "Slice",
    "Sort",
    "answer",
    "etag",
    "headers",
    "match_if_sent",
    "not_modified",
    "page_of",
    "public",
    "require_match",
    "requires",
    "signed_in",
]
