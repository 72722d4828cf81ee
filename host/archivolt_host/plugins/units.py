"""Durations, sizes and rates as people write them: ``15m``, ``2GiB``, ``100/h``."""

import re

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
DURATION_PATTERN = r"^(\d+[smhdw])+$"
SIZE_PATTERN = r"^\d+(\.\d+)? ?([KMGT]i?)?B$"

RATE_PATTERN = r"^[1-9]\d{0,6}/\d{0,4}[smhd]$"

_WRITTEN_SECONDS = ("d", "h", "m")
_WRITTEN_BYTES = ("TiB", "GiB", "MiB", "KiB")


def seconds(text: str) -> int:
    """Read ``1h30m`` as seconds; raise ValueError for anything else."""
    if not re.fullmatch(DURATION_PATTERN, text, re.ASCII):
        raise ValueError(text)
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum(int(count) * SECONDS[unit] for count, unit in parts)


def size(text: str) -> int:
    """Read ``2GiB`` as bytes; raise ValueError for anything else."""
    if not re.fullmatch(SIZE_PATTERN, text, re.ASCII):
        raise ValueError(text)
    count, unit = re.findall(r"([\d.]+) ?(\w+)", text)[0]
    whole, _, fraction = count.partition(".")
    scale: int = 10 ** len(fraction)
    scaled, remainder = divmod(int(whole + fraction) * BYTES[unit], scale)
    if remainder:
        raise ValueError(text)
    return scaled


def rate(text: str) -> tuple[int, int]:
    """Read ``100/h`` or ``5/10m`` as how many in how many seconds."""
    if not re.fullmatch(RATE_PATTERN, text, re.ASCII):
        raise ValueError(text)
    count, _, span = text.partition("/")
    length = seconds(span if span[0].isdigit() else f"1{span}")
    if not length:
        raise ValueError(text)
    return int(count), length


def write_seconds(count: int) -> str:
    """Write seconds in the largest unit that loses nothing."""
    return _write(count, {unit: SECONDS[unit] for unit in _WRITTEN_SECONDS}, "s")


def write_size(count: int) -> str:
    """Write bytes in the largest unit that loses nothing."""
    return _write(count, {unit: BYTES[unit] for unit in _WRITTEN_BYTES}, "B")


def _write(count: int, units: dict[str, int], smallest: str) -> str:
    for unit, worth in units.items():
        if count and count % worth == 0:
            return f"{count // worth}{unit}"
    return f"{count}{smallest}"
