"""What proxies say of a request: believed from those that the manifest trusts.

Afterwards ``REMOTE_ADDR``, the scheme and the host in the environment are those of the
caller. So ``request.remote_addr`` is the one address that limits, audit and logs know.
"""

import re
from functools import lru_cache
from typing import Any

from archivolt_host.http.gates import Addresses, read

FOR, PROTO, HOST = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
)
SCHEMES = ("http", "https")
HOST_HEADER = re.compile(
    r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)


class Proxies:
    """The proxies in front, and what follows from what they say."""

    def __init__(self, trusted: Addresses) -> None:
        self.trusted = trusted
        # The same few proxies, or callers on open connections, ask all the time.
        self._known = lru_cache(maxsize=4096)(self._look)

    def settle(self, environ: dict[str, Any]) -> None:
        """Put the caller's address, scheme and host in place of the proxy's."""
        chain = environ.pop(FOR, "")
        scheme, host = environ.pop(PROTO, ""), environ.pop(HOST, "")
        peer, trusted = self._known(environ.get("REMOTE_ADDR") or "")
        if peer:
            environ["REMOTE_ADDR"] = peer
        if not trusted:
            return
        environ["REMOTE_ADDR"] = self._caller(peer, chain)
        # Each proxy adds on the right: the last word is that of the one we know.
        if (last := _last(scheme).lower()) in SCHEMES:
            environ["wsgi.url_scheme"] = last
        if HOST_HEADER.fullmatch(_last(host)):
            environ["HTTP_HOST"] = _last(host)

    def _look(self, peer: str) -> tuple[str, bool]:
        """Return an address as it is compared, and whether a proxy of ours has it."""
        found = read(peer)
        text = str(found) if found is not None else ""
        return text, text in self.trusted

    def _caller(self, peer: str, chain: str) -> str:
        """Return the first address from the right that is none of the proxies'.

        What stands left of it was said by a stranger. Where it is no address at all,
        the nearest one that is holds.
        """
        nearest = peer
        for text in reversed(chain.split(",")) if chain else ():
            found = read(text)
            if found is None:
                break
            nearest = str(found)
            if nearest not in self.trusted:
                break
        return nearest


def _last(values: str) -> str:
    return values.rpartition(",")[2].strip()
