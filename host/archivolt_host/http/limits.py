"""How often somebody may ask: counted in Valkey, for all processes together.

Each limit is a list of the moments of the last requests that passed, so it is exact at
every moment; all limits of a request are asked in one round trip, and one that is
refused counts nowhere. Without Valkey there is no limit: whoever guesses passwords
meets the lock-out in the database all the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from math import ceil
from time import monotonic

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from archivolt_host.errors import LimitedError
from archivolt_host.http.gates import read
from archivolt_host.plugins import units

log = structlog.get_logger()

PATIENCE = 0.25  # seconds that a request waits for Valkey
REST = 5.0  # seconds in which Valkey is not asked again after it failed
WHOSE = {
    "addresses": "from your address",
    "strangers": "from your address without a valid sign-in",
    "sign_in": "to sign in from your address",
    "users": "by you",
}
# Valkey's own clock: web processes may be on machines whose clocks differ.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, which = 0, 0
for i, key in ipairs(KEYS) do
  local oldest = redis.call('LINDEX', key, ARGV[2 * i - 1] - 1)
  local left = oldest and oldest + ARGV[2 * i] * 1000 - now or 0
  if left > wait then wait, which = left, i end
end
if which > 0 then return {which, wait} end
local stamp = string.format('%.0f', now)
for i, key in ipairs(KEYS) do
  redis.call('LPUSH', key, stamp)
  redis.call('LTRIM', key, 0, ARGV[2 * i - 1] - 1)
  redis.call('EXPIRE', key, ARGV[2 * i])
end
return {0, 0}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, of those that a preset is about."""

    preset: str
    text: str
    count: int
    seconds: int

    @property
    def sentence(self) -> str:
        """Say what the limit is."""
        span = units.write_seconds(self.seconds)
        return f"Only {self.count} requests {WHOSE[self.preset]} pass in {span}."


class Limits:
    """The limits of a deployment, by preset: ``addresses``, ``users`` and so on."""

    def __init__(self, url: str, presets: Mapping[str, Sequence[str]]) -> None:
        self._rates = {
            preset: [Rate(preset, text, *units.rate(text)) for text in texts]
            for preset, texts in presets.items()
        }
        retry = Retry(NoBackoff(), 1)  # a connection that Valkey closed while it idled
        self._connection = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=retry,
        )
        self._script = self._connection.register_script(SCRIPT)
        self._rests_until = 0.0

    def check(self, who: Mapping[str, str]) -> None:
        """Count a request for whoever makes it, by preset, or raise LimitedError.

        ``check({"addresses": "10.0.0.1"})``; it costs nothing where the preset is off.
        """
        asked = list(self._asked(who))
        if not asked or monotonic() < self._rests_until:
            return
        which, wait = self._ask(asked)
        if which:
            rate, _ = asked[which - 1]
            seconds = ceil(wait / 1000)
            raise LimitedError(
                f"{rate.sentence} Try again in {seconds} seconds.", seconds
            )

    def _asked(self, who: Mapping[str, str]) -> Iterator[tuple[Rate, str]]:
        for preset, name in who.items():
            for rate in self._rates.get(preset, ()):
                yield rate, f"archivolt:limit:{preset}:{rate.text}:{name}"

    def _ask(self, asked: Sequence[tuple[Rate, str]]) -> tuple[int, int]:
        numbers = [n for rate, _ in asked for n in (rate.count, rate.seconds)]
        try:
            which, wait = self._script(keys=[key for _, key in asked], args=numbers)
        except RedisError as error:
            self._rests_until = monotonic() + REST
            log.warning("no rate limits: Valkey does not answer", problem=str(error))
            return 0, 0
        return int(which), int(wait)


@lru_cache(maxsize=4096)
def household(address: str | None) -> str:
    """Return by what an address is counted: one IPv6 customer has a whole /64."""
    found = read(address or "")
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found or "unknown")
