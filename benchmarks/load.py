"""The load: a closed loop over keep-alive connections, in a process of its own.

``python -m benchmarks.load`` reads a plan as JSON from standard input and writes what
it saw to standard output. Each connection sends its next request as soon as the last
answer is whole; every answer is checked.
"""

import json
import re
import secrets
import selectors
import socket
import sys
from dataclasses import dataclass, field
from itertools import count, cycle
from time import perf_counter
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NUMBER = b"__NUMBER____"  # replaced by as many digits, so that every body is new
PATIENCE = 30.0


@dataclass
class Plan:
    """What to send, how long, and what a right answer looks like."""

    port: int
    requests: list[bytes]
    status: bytes
    marker: bytes
    connections: int
    seconds: float
    most: int

    @classmethod
    def read(cls, text: str) -> "Plan":
        """Return the plan as it was written."""
        raw = json.loads(text)
        raw["requests"] = [r.encode("latin-1") for r in raw["requests"]]
        raw["status"], raw["marker"] = (
            str(raw["status"]).encode(),
            raw["marker"].encode(),
        )
        return cls(**raw)


@dataclass
class Outcome:
    """What was seen."""

    times: list[float] = field(default_factory=list)
    wrong: int = 0
    first_wrong: str = ""
    seconds: float = 0.0

    def note(self, answer: bytes, plan: Plan, spent: float) -> None:
        """Count one answer, after a look at its status and content."""
        self.times.append(spent * 1000)
        if answer[9:12] != plan.status or plan.marker not in answer:
            self.wrong += 1
            self.first_wrong = self.first_wrong or answer[:600].decode("latin-1")

    def figures(self) -> dict[str, Any]:
        """Return the figures; times are in milliseconds."""
        times = sorted(self.times)
        return {
            "requests": len(times),
            "seconds": self.seconds,
            "rate": len(times) / self.seconds,
            "p50": times[len(times) // 2],
            "p95": times[int(len(times) * 0.95)],
            "p99": times[int(len(times) * 0.99)],
            "wrong": self.wrong,
            "first_wrong": self.first_wrong,
        }


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Send a request."""
        self._received, self._sent_at = b"", perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Take what has come; return the answer once it is whole."""
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionError(f"closed after {self._received[:200]!r}")
        self._received += piece
        head = self._received.find(b"\r\n\r\n")
        length = LENGTH.search(self._received, 0, head) if head >= 0 else None
        if length is None or len(self._received) < head + 4 + int(length[1]):
            return None
        return self._received

    def waited(self) -> float:
        """Return the seconds since the request was sent."""
        return perf_counter() - self._sent_at


class Load:
    """A plan being played."""

    def __init__(self, plan: Plan, first_number: int) -> None:
        self.plan = plan
        self.outcome = Outcome()
        self._numbers = count(first_number)
        self._feed = cycle(plan.requests)
        self._selector = selectors.DefaultSelector()
        self._began = 0.0
        self._sent = 0

    def play(self) -> Outcome:
        """Keep every connection busy until the time is over."""
        self._began = perf_counter()
        for _ in range(self.plan.connections):
            client = Client(self.plan.port)
            self._selector.register(client.socket, selectors.EVENT_READ, client)
            self._send(client)
        while self._selector.get_map():
            for key, _ in self._ready():
                self._serve(key.data)
        self.outcome.seconds = perf_counter() - self._began
        return self.outcome

    def _ready(self) -> list[Any]:
        ready = self._selector.select(PATIENCE)
        if not ready:
            raise TimeoutError(f"no answer within {PATIENCE:.0f} s")
        return ready

    def _send(self, client: Client) -> None:
        self._sent += 1
        number = b"%012d" % next(self._numbers)
        client.send(next(self._feed).replace(NUMBER, number))

    def _serve(self, client: Client) -> None:
        answer = client.receive()
        if answer is None:
            return
        self.outcome.note(answer, self.plan, client.waited())
        if self._is_over():
            self._selector.unregister(client.socket)
            client.socket.close()
        else:
            self._send(client)

    def _is_over(self) -> bool:
        late = perf_counter() - self._began >= self.plan.seconds
        return late or self._sent >= self.plan.most


def main() -> None:
    """Play the plan on standard input."""
    plan = Plan.read(sys.stdin.read())
    first = secrets.randbelow(10**11)
    json.dump(Load(plan, first).play().figures(), sys.stdout)


if __name__ == "__main__":
    main()
