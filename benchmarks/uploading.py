"""One upload of gigabytes: what it adds to the memory of the process that takes it."""

import http.client
import secrets
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.processes import family, forget_peak, name_of, peaks
from benchmarks.servers import Server
from benchmarks.sides import TENANT

GOAL = 32.0  # MB
PIECE = 1024 * 1024
GIBIBYTE = 1024 * PIECE


def upload(server: Server, size: int = 2 * GIBIBYTE) -> list[Figure]:
    """Send one large file, and compare the peaks of memory with those before."""
    send(server, PIECE)  # so that what is loaded once is not counted
    server.settle()
    forget_peak(server.process.pid)
    before = peaks(server.process.pid)
    send(server, size)
    web = growth(server, before, web=True)
    server.settle()
    later = growth(server, before, web=False)
    gib = f"{size / GIBIBYTE:g} GiB"
    return [
        Figure(f"an upload of {gib} adds to its web process", web, GOAL, "MB"),
        Figure("  and to the others, which look for text", later, GOAL, "MB"),
    ]


def growth(server: Server, before: dict[int, float], *, web: bool) -> float:
    """Return by how much one process grew at most, among those that answer or not."""
    after = peaks(server.process.pid)
    return max(
        after[pid] - before.get(pid, 0.0)
        for pid in family(server.process.pid)
        if (name_of(pid) == "archivolt: web") == web
    )


def send(server: Server, size: int) -> None:
    """Upload so many bytes, piece by piece."""
    headers = {
        **server.headers(TENANT),
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="large.bin"',
        "Content-Length": str(size),
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("POST", f"{server.prefix}/documents", pieces(size), headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 201:
        raise SystemExit(f"The upload was refused: {answer.status} {body!r}")


def pieces(size: int) -> Iterator[bytes]:
    """Yield so many bytes that no compression would shorten."""
    piece = secrets.token_bytes(PIECE)
    for _ in range(size // PIECE):
        yield piece
