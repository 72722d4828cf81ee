"""What is sent: the same requests to both sides."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load import NUMBER
from benchmarks.servers import Server
from benchmarks.sides import TENANT

BOUNDARY = "benchmarkboundary7d1f"
RAW = {
    "Content-Type": "text/plain",
    "Content-Disposition": 'attachment; filename="note.txt"',
}
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
NOTE = (
    b"Note " + NUMBER + b": the rent is due on the first day of each month, "
    b"and the supplier delivers within ten days. "
)
LIST = "/documents?limit=50&sort=-created_at"


@dataclass(frozen=True)
class Sent:
    """A request, but for who sends it."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def wire(self, server: Server, tenant: str = TENANT) -> bytes:
        """Return the whole request as it goes over the wire."""
        lines = [f"{self.method} {server.prefix}{self.path} HTTP/1.1"]
        lines.append(f"Host: 127.0.0.1:{server.port}")
        headers = {**server.headers(tenant), **self.headers}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Workload:
    """One kind of request, and what its right answer holds."""

    name: str
    title: str
    status: int
    marker: str
    #: At most so many requests per measurement; uploads leave work behind.
    most: int = 1_000_000

    def sent(self, ids: Sequence[str]) -> list[Sent]:
        """Return the requests to be repeated."""
        if self.name == "get":
            chosen = random.Random(1).choices(ids, k=min(1000, 2 * len(ids)))
            return [Sent("GET", f"/documents/{id}") for id in chosen]
        if self.name == "list":
            return [Sent("GET", LIST)]
        if self.name == "create":
            return [Sent("POST", "/documents", RAW, NOTE)]
        return [Sent("POST", "/documents", FORM, form())]

    def requests(self, server: Server, ids: Sequence[str]) -> list[bytes]:
        """Return the requests as they go over the wire."""
        return [sent.wire(server) for sent in self.sent(ids)]


GET = Workload("get", "GET one document by id", 200, '"sha256"')
LIST_50 = Workload("list", "GET a list of 50, newest first", 200, '"items"')
CREATE = Workload("create", "POST a note of 120 bytes", 201, '"sha256"', most=400)
UPLOAD = Workload("upload", "POST a form with 10 KB", 201, '"sha256"', most=400)
WORKLOADS = {w.name: w for w in (GET, LIST_50, CREATE, UPLOAD)}


def form() -> bytes:
    """Return a multipart form with a file of 10 KB."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
        'filename="report.txt"\r\nContent-Type: text/plain\r\n\r\n'
    )
    lines = NOTE * (10_000 // len(NOTE))
    return head.encode() + lines + f"\r\n--{BOUNDARY}--\r\n".encode()


def plan(
    server: Server, workload: Workload, requests: Sequence[bytes], **how: Any
) -> dict[str, Any]:
    """Return a plan for the load process."""
    return {
        "port": server.port,
        "requests": [r.decode("latin-1") for r in requests],
        "status": workload.status,
        "marker": workload.marker,
        "most": workload.most,
        **how,
    }
