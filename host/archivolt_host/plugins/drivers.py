"""Picks one of many by name: ``driver("blobs", "local")``.

Drivers are callables in the entry point group ``archivolt.drivers.<kind>``, called once
per process with the home's folder.
"""

from functools import cache
from pathlib import Path
from typing import Any

from stevedore import DriverManager
from stevedore.exception import NoMatches

from archivolt_host.errors import UnavailableError

_home: dict[str, Path] = {}


def bind(home: Path) -> None:
    """Make this the home for which drivers are made."""
    _home["path"] = home
    driver.cache_clear()


@cache
def driver(kind: str, name: str) -> Any:
    """Return the driver of that name, made once."""
    try:
        found: Any = DriverManager(f"archivolt.drivers.{kind}", name)
    except NoMatches as error:
        raise UnavailableError(
            f"There is no {kind} driver {name!r}: install the package that brings it."
        ) from error
    return found.driver(_home["path"])
