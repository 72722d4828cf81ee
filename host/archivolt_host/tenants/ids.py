"""Identifiers that sort by the time they were made: UUID version 7 of RFC 9562."""

import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_A = 0xFFF
_RANDOM_B = (1 << 62) - 1


def uuid7() -> UUID:
    """Return a new UUIDv7: 48 bits of milliseconds, then finer time and randomness."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest * 4096) // 1_000_000 & _RANDOM_A  # method 3 of section 6.2
    random = int.from_bytes(os.urandom(8)) & _RANDOM_B
    value = (milliseconds << 80) | _VERSION | (fraction << 64) | _VARIANT | random
    return UUID(int=value)
