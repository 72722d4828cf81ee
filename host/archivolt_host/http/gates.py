"""Who is near enough: lists of addresses and networks."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
LONGEST = 64  # characters of an address, with brackets, zone and port


class Addresses:
    """A set of addresses and networks, as in ``["127.0.0.1", "10.0.0.0/8"]``."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._networks = [ip_network(a, strict=False) for a in allowed]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: object) -> bool:
        found = read(address) if isinstance(address, str) else None
        return found is not None and any(found in one for one in self._networks)


def read(text: str) -> Address | None:
    """Read an address, also with a port; None where it is none.

    An IPv4 address that was wrapped into IPv6 is itself again: lists name it so.
    """
    return _read(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)  # of those who ask, most have asked before
def _read(text: str) -> Address | None:
    try:
        found = ip_address(_bare(text.strip()))
    except ValueError:
        return None
    wrapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return wrapped or found


def _bare(text: str) -> str:
    """Take brackets, the port and the zone away."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text.partition("%")[0]
