"""Counts what a side does for one request, in this process: statements and syncs.

``python -m benchmarks.census archivolt`` or ``floor``, in an environment made for it.
The syncs are those of files and folders; SQLite's log is synced once more by each
transaction that began IMMEDIATE.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.load import NUMBER
from benchmarks.sides import PASSWORD, TENANT, floor_token
from benchmarks.workloads import WORKLOADS, Sent

SUBJECT = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?(\w+)")
Send = Callable[[Sent], Any]


class Counting:
    """What was done since it was last cleared."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.syncs = 0
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "begin", self._begin)
        self._sync, os.fsync = os.fsync, self._synced

    def clear(self) -> None:
        """Begin anew."""
        self.statements.clear()
        self.syncs = 0

    def figures(self) -> dict[str, Any]:
        """Return the counts."""
        return {"statements": dict(self.statements), "syncs": self.syncs}

    def _statement(self, connection: Any, cursor: Any, text: str, *_: Any) -> None:
        subject = SUBJECT.search(text)
        verb = text.split(None, 1)[0]
        self.statements[f"{verb} {subject[1]}" if subject else text] += 1

    def _begin(self, connection: Any) -> None:
        """Count what Archivolt begins by hand, beside the engine."""
        begin = getattr(connection.connection.dbapi_connection, "begin", None)
        self.statements.update([begin] if begin else [])

    def _synced(self, descriptor: Any) -> None:
        self.syncs += 1
        self._sync(descriptor)


def take(counting: Counting, send: Send) -> dict[str, Any]:
    """Return the counts of each workload's third request: the first ones warm up."""
    id = json.loads(send(WORKLOADS["create"].sent([])[0]).data)["id"]
    found = {}
    for name, workload in WORKLOADS.items():
        for _ in range(3):
            counting.clear()
            answer = send(workload.sent([id])[0])
        if answer.status_code != workload.status:
            raise SystemExit(f"{name}: {answer.status} {answer.data!r}")
        found[name] = counting.figures() | {"fields": fields(answer.json)}
    return found


def fields(answer: Any) -> list[str]:
    """Return the names in an answer, or in the items of a list."""
    return sorted(answer["items"][0] if "items" in answer else answer)


def sender(app: Any, prefix: str, headers: dict[str, str]) -> Send:
    """Return what sends a request to an application in this process."""
    client, numbers = app.test_client(), iter(range(10**6))

    def send(sent: Sent) -> Any:
        return client.open(
            prefix + sent.path,
            method=sent.method,
            headers={**headers, **sent.headers},
            data=sent.body.replace(NUMBER, b"%012d" % next(numbers)),
        )

    return send


def floor() -> Send:
    """Return what sends requests to the floor."""
    from benchmarks.floor import app, storage

    storage.make(TENANT)
    token = floor_token(TENANT)
    return sender(app, "", {"Org": TENANT, "Authorization": f"JWT {token}"})


def archivolt() -> Send:
    """Return what sends requests to Archivolt."""
    from archivolt_host.app import create_app
    from benchmarks.seed_archivolt import opened, tenant_of

    host = opened()
    tenant_of(host, TENANT)
    app = create_app(host)
    wanted = {"username": "admin", "password": PASSWORD}
    signed = app.test_client().post(
        "/vault/auth/token", json=wanted, headers={"Org": TENANT}
    )
    token = signed.json["access"]
    return sender(app, "/vault", {"Org": TENANT, "Authorization": f"JWT {token}"})


if __name__ == "__main__":
    send = {"floor": floor, "archivolt": archivolt}[sys.argv[1]]()
    print(json.dumps(take(Counting(), send)))
