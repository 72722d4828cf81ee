"""Who is near enough: lists of addresses and networks."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


class Addresses:
    """A set of addresses and networks, as in ``["127.0.0.1", "10.0.0.0/8"]``."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._networks = [ip_network(a, strict=False) for a in allowed]

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, str):
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)
