"""Processor time and memory of a server and all its processes, from /proc."""

import os
import re
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except OSError:  # it has just ended
        return found
    return found


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a family, its dead members' included."""
    return sum(sum(_ticks(p)) for p in family(pid)) / TICKS


def cpu_by_name(pid: int) -> dict[str, float]:
    """Return user and system time of a family by the living processes' names."""
    seconds: dict[str, float] = defaultdict(float)
    for member in family(pid):
        seconds[name_of(member)] += sum(_ticks(member)) / TICKS
    return dict(seconds)


def _ticks(pid: int) -> list[int]:
    """Return own user and system ticks, and those of children that were waited for."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return [0]
    return [int(field) for field in stat.rpartition(")")[2].split()[11:15]]


def name_of(pid: int) -> str:
    """Return what a process calls itself, without its arguments."""
    try:
        line = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return "ended"
    words = line.rstrip(b"\0").split(b"\0")
    first = words[0].decode(errors="replace").strip()
    if first.startswith("rq:worker"):  # RQ renames the process it works in
        return "archivolt: worker"
    return Path(first).name if "/" in first else first


def memory(pid: int) -> dict[str, float]:
    """Return the proportional share of memory (PSS) in MB, by process name."""
    shares: dict[str, float] = defaultdict(float)
    for member in family(pid):
        shares[name_of(member)] += _rollup(member, "Pss") / 1024
    return dict(shares)


def _rollup(pid: int, field: str) -> int:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


def forget_peak(pid: int) -> None:
    """Let the peak of resident memory begin anew for a family."""
    for member in family(pid):
        (PROC / str(member) / "clear_refs").write_text("5")


def peaks(pid: int) -> dict[int, float]:
    """Return the peak of resident memory in MB, by process."""
    return {p: _status(p, "VmHWM") / 1024 for p in family(pid)}


def _status(pid: int, field: str) -> int:
    try:
        text = (PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0
