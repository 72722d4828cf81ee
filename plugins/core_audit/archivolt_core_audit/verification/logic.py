"""Walks along the chain and holds every entry against it. Knows no SQL and no HTTP.

Entries and chain are each read once, side by side: looking every entry up by its id
would cost as much again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from archivolt_core_audit.outside import outside
from archivolt_core_audit.seals.logic import GENESIS, LOOK_BACK, Sealed, digest, read
from archivolt_core_audit.seals.service import links, seals
from archivolt_host.kit.context import tenant

AHEAD = 50_000  # entries that are read before an id is looked up instead

Progress = Callable[[int], object]
Chunks = Iterator[Sequence[tuple[Any, ...]]]


@dataclass
class Verdict:
    """What was found: each problem with its place in the chain."""

    sealed: int = 0
    unsealed: int = 0
    seals: int = 0
    sealed_at: str = ""
    problems: list[tuple[int, str]] = field(default_factory=list)

    def add(self, seq: int, problem: str) -> None:
        """Note what is wrong at a place in the chain."""
        self.problems.append((seq, problem))


class Entries:
    """The digests of all entries, by id, as the chain asks for them."""

    def __init__(self) -> None:
        self._chunks = links.payloads()
        self.waiting: dict[Any, bytes] = {}
        self._early: set[Any] = set()

    def take(self, id: Any) -> bytes | None:
        """Return an entry's digest, or None where there is no such entry."""
        while id not in self.waiting:
            if len(self.waiting) > AHEAD or not self._read():
                return self._look_up(id)
        return self.waiting.pop(id)

    def rest(self) -> list[Any]:
        """Return the entries that nobody has asked for."""
        while self._read():
            pass
        return list(self.waiting)

    def _read(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        sha256 = hashlib.sha256
        if isinstance(chunk[0][0], str):
            found = {text[:32]: sha256(text.encode()).digest() for (text,) in chunk}
        else:
            found = {raw[:32]: sha256(raw).digest() for (raw,) in chunk}
        self.waiting.update(found)
        for id in self._early & found.keys():
            del self.waiting[id]
        return True

    def _look_up(self, id: Any) -> bytes | None:
        payload = links.payload(id)
        if payload is None:
            return None
        self._early.add(id)
        return digest(payload)


def verify(progress: Progress = lambda _: None) -> Verdict:
    """Return what is wrong with the journal of the current tenant, the first first."""
    verdict = Verdict()
    given = _given_away(verdict)
    # What is written while this reads on is unsealed, and no problem: the seals were
    # read first, the chain is opened now, and the entries after it.
    kept = {seal.number: seal.line for seal in seals.after(0)}
    walk = links.walk()
    opened = chain([next(walk, ())], walk)
    entries = Entries()
    heads = {seal.to_seq: seal for seal in given.values()}
    _walk(opened, entries, heads, verdict, progress)
    _compare(given, kept, heads, verdict)
    _judge_rest(entries.rest(), verdict)
    verdict.problems.sort(key=lambda one: one[0])
    return verdict


def _given_away(verdict: Verdict) -> dict[str, Sealed]:
    """Return the seals that lie outside by their lines, and note forged ones."""
    lines = outside().lines(tenant().slug, tenant().id)
    given: dict[str, Sealed] = {}
    before, unsigned = "", {}
    for number, line in enumerate(lines, 1):
        try:
            seal = read(line)
        except ValueError:
            verdict.add(0, f"Line {number} of the seals outside is not a seal.")
            continue
        previous = digest(before.encode()).hex() if before else ""
        if (seal.number, seal.previous) != (number, previous):
            verdict.add(seal.to_seq, f"Seal {number} outside does not follow the last.")
        given[line], before = seal, line
        unsigned[seal.key] = seal
    for seal in unsigned.values():  # the last one of each key vouches for the others
        if not outside().is_signed(seal.body, seal.key, seal.signature):
            verdict.add(
                seal.to_seq, f"Seal {seal.number} outside was not signed by us."
            )
        verdict.seals, verdict.sealed_at = seal.number, seal.sealed_at
    return given


def _walk(
    chunks: Chunks,
    entries: Entries,
    heads: dict[int, Sealed],
    verdict: Verdict,
    progress: Progress,
) -> None:
    """Hold every entry against its link, every link against the one before."""
    at, head, sha256 = 0, GENESIS, hashlib.sha256
    waiting, take = entries.waiting, entries.take
    for rows in chunks:
        for seq, id, sealed, hash in rows:
            found = waiting.pop(id, None) or take(id)
            if found != sealed:
                verdict.add(seq, _wrong(seq, id, found))
            if sha256(head + sealed).digest() != hash or seq != at + 1:
                verdict.add(seq, f"The chain does not lead from link {at} to {seq}.")
            at, head = seq, hash
            if seq in heads and heads.pop(seq).head != hash.hex():
                verdict.add(seq, f"Link {seq} is not the one that was sealed.")
        verdict.sealed += len(rows)
        progress(len(rows))


def _wrong(seq: int, id: Any, found: bytes | None) -> str:
    name = id.decode() if isinstance(id, bytes) else id
    what = "is gone" if found is None else "was changed after it was sealed"
    return f"Entry {seq} ({name}) {what}."


def _compare(
    given: dict[str, Sealed],
    kept: dict[int, str],
    unmet: dict[int, Sealed],
    verdict: Verdict,
) -> None:
    """Hold the seals in the database against those that were given away."""
    for line, seal in given.items():
        if seal.to_seq in unmet:
            verdict.add(
                verdict.sealed + 1,
                f"Seal {seal.number} outside is of {seal.to_seq} entries, and the "
                f"database has {verdict.sealed}: the journal was cut off, or "
                "restored from an older copy.",
            )
        elif kept.get(seal.number) != line:
            verdict.add(seal.to_seq, f"Seal {seal.number} is another one outside.")
    for number in sorted(kept.keys() - {seal.number for seal in given.values()})[:-1]:
        seq = read(kept[number]).to_seq
        verdict.add(seq, f"Seal {number} is missing outside.")


def _judge_rest(ids: list[Any], verdict: Verdict) -> None:
    """Count what is not sealed yet, and name what should have been long ago."""
    verdict.unsealed = len(ids)
    end = links.last()
    if not ids or end is None or end.at is None:
        return
    for id in links.older(ids, end.at - LOOK_BACK):
        problem = f"Entry {id.hex} was put among the sealed ones afterwards."
        verdict.add(verdict.sealed + 1, problem)
