"""The rules of sealing: the chain, and what is signed. Knows no SQL and no HTTP."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from archivolt_core_audit.outside import outside
from archivolt_core_audit.seals.models import Seal
from archivolt_core_audit.seals.service import links, seals
from archivolt_host.kit import audit
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import after_commit, now, reading, transaction
from archivolt_host.kit.errors import RefusedError

GENESIS = bytes(32)
BATCH = 5000
# Its time is taken right before the commit: no entry comes to light later than this.
LOOK_BACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal as its line tells it."""

    number: int
    to_seq: int
    head: str
    sealed_at: str
    previous: str  # the hash of the line before
    tenant: str
    key: str
    signature: str
    body: bytes


def digest(payload: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(payload).digest()


def read(line: str) -> Sealed:
    """Return what a line tells; anything else is a ValueError."""
    try:
        outer = orjson.loads(line)
        body = outer["seal"]
        return Sealed(
            **orjson.loads(body),
            key=outer["key"],
            signature=outer["signature"],
            body=body.encode(),
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"no seal: {line[:80]!r}") from error


def seal_all() -> int:
    """Seal what is not sealed yet, in one short transaction after the other."""
    total = 0
    while count := seal_some():
        total += count
        if count < BATCH:
            break
    return total


def seal_some() -> int:
    """Add entries to the chain, sign its head and give the seal away."""
    with transaction():
        links.lock()
        _refuse_older_copy()
        last = seals.last()
        count, seq, head = _chain()
        if count:
            last = _sign(seq, head, last)
        after_commit(_give_away)
    return count


def _refuse_older_copy() -> None:
    """Seal no second history over one that was given away already."""
    line = outside().last(tenant().slug, tenant().id)
    if line is None:
        return
    number = read(line).number
    if seals.line_of(number) != line:
        raise RefusedError(
            f"Seal {number} of this journal lies outside, and the database does not "
            "have it: it was cut off, or restored from an older copy. Nothing is "
            "sealed until an operator has looked ('archivolt audit verify') and, where "
            "it was meant, has said so: 'archivolt audit begin-anew'."
        )


def begin_anew(reason: str) -> str | None:
    """Take this journal for the true one after a restore; what lay outside is kept.

    The deed itself is in the journal. Returns where the old seals are.
    """
    slug, id = tenant().slug, tenant().id
    line = outside().last(slug, id)
    known = {"number": read(line).number, "to_seq": read(line).to_seq} if line else None
    with transaction():  # first, so that nothing is set aside untold
        audit.note("BEGIN_ANEW", id, known, {"reason": reason}, kind="audit.seal")
    return outside().set_aside(slug, id)


def _chain() -> tuple[int, int, bytes]:
    """Append entries to the chain; return how many, and where it ends now."""
    end = links.last()
    seq, head = (end.seq, end.hash) if end else (0, GENESIS)
    since = end.at - LOOK_BACK if end and end.at else None
    rows: list[dict[str, Any]] = []
    for id, payload in links.unsealed(since, BATCH):
        found = digest(payload)
        seq, head = seq + 1, hashlib.sha256(head + found).digest()
        rows.append({"id": id, "seq": seq, "digest": found, "hash": head})
    links.bulk_create(rows)
    return len(rows), seq, head


def _sign(seq: int, head: bytes, last: Seal | None) -> Seal:
    body = orjson.dumps(
        {
            "number": last.number + 1 if last else 1,
            "to_seq": seq,
            "head": head.hex(),
            "sealed_at": now().isoformat(),
            "previous": digest(last.line.encode()).hex() if last else "",
            "tenant": str(tenant().id),
        }
    )
    key, signature = outside().sign(body)
    line = {"seal": body.decode(), "key": key, "signature": signature}
    text = orjson.dumps(line).decode() + "\n"
    return seals.create(number=read(text).number, to_seq=seq, line=text)


def _give_away() -> None:
    """Bring the seals that are not outside yet there; the next run does it too."""
    slug, id = tenant().slug, tenant().id
    with reading():
        last = outside().last(slug, id)
        newer = seals.after(read(last).number if last else 0)
    if newer:
        outside().append(slug, id, [seal.line for seal in newer], last)
