"""Errors that mean the same in every domain, each with its HTTP status."""

from archivolt_host.errors import (
    ArchivoltError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RangeError,
    RefusedError,
    StaleError,
    StorageFullError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)

__all__ = [
    "ArchivoltError",
    "DeniedError",
    "InvalidError",
    "NotFoundError",
    "RangeError",
    "RefusedError",
    "StaleError",
    "StorageFullError",
    "TooLargeError",
    "UnauthorizedError",
    "UnavailableError",
    "UnprocessableError",
]
