"""``Idempotency-Key``: a POST that is sent twice happens once.

The key is claimed with a short lease in a transaction of its own before the body is
read; the answer is stored with the business transaction. In flight is 409, another
body under the same key 422, the same body gets the first answer again. A key belongs to
a user: on public routes, as sign-in, it is ignored and no answer is kept.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.errors import InvalidError, RefusedError, UnprocessableError
from archivolt_host.jobs.looking import looked_after
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import Base, now
from archivolt_host.tenants.sessions import UnitOfWork

LEASE = timedelta(seconds=4)  # renewed while the process lives
RENEW_EVERY = 1.0  # seconds
KEPT = timedelta(hours=24)
MAX_KEY = 255
CHUNK = 1024 * 1024


class IdempotencyRow(Base):
    """A key in use or used: who claimed it, for which body, with what answer."""

    __tablename__ = "host_idempotency"

    key: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    lease_until: Mapped[datetime] = mapped_column(index=True)
    body_hash: Mapped[str | None]
    status: Mapped[int | None]
    headers: Mapped[str | None]
    body: Mapped[bytes | None]


class HashedStream:
    """A request body that is hashed while the view reads it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read and hash."""
        data: bytes = self._stream.read(size)
        self._hash.update(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        """Read a line and hash it."""
        data: bytes = self._stream.readline(size)
        self._hash.update(data)
        return data

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def digest(self) -> str:
        """Read what is left and return the hash of the whole body."""
        while self.read(CHUNK):
            pass
        return self._hash.hexdigest()


def once(work: UnitOfWork, view: Callable[[], Response]) -> Response:
    """Run the view unless its key was used before; then repeat the first answer."""
    key = _key()
    stream = HashedStream(request.stream)
    request.__dict__["stream"] = stream
    request.environ["wsgi.input"] = stream
    owner = os.urandom(8).hex()
    earlier = _claim(key, owner)
    if earlier is not None:
        return _repeat(earlier, stream)
    try:
        with looked_after(_renewing(key, owner), RENEW_EVERY):
            return _answer(work, key, owner, stream, view)
    except BaseException:
        _release(key, owner)
        raise


def _answer(
    work: UnitOfWork,
    key: str,
    owner: str,
    stream: HashedStream,
    view: Callable[[], Response],
) -> Response:
    """Do the work, and end it here: whoever renews the key may be waiting for it."""
    try:
        response = view()
        _store(work, key, owner, stream, response)
        work.commit()
    except BaseException:
        work.rollback()
        raise
    return response


def _key() -> str:
    sent = request.headers["Idempotency-Key"]
    if not 1 <= len(sent) <= MAX_KEY or not sent.isascii():
        raise InvalidError(f"Idempotency-Key is 1 to {MAX_KEY} ASCII characters.")
    named = f"{context.actor().id}|{request.endpoint}|{request.path}|{sent}"
    return hashlib.sha256(named.encode()).hexdigest()


def _claim(key: str, owner: str) -> IdempotencyRow | None:
    """Take the key; return the earlier use where it is finished already."""
    moment = now()
    try:
        with sessions.transaction() as claim:
            found = claim.session.get(IdempotencyRow, key, with_for_update=True)
            if found is None:
                row = IdempotencyRow(key=key, owner=owner, lease_until=moment + LEASE)
                claim.session.add(row)
            elif found.status is not None:
                return found
            elif found.lease_until > moment:
                raise RefusedError(
                    "A request with this Idempotency-Key is under way: wait for it."
                )
            else:
                found.owner, found.lease_until = owner, moment + LEASE
    except IntegrityError as error:
        raise RefusedError(
            "A request with this Idempotency-Key is under way: wait for it."
        ) from error
    return None


def _renewing(key: str, owner: str) -> Callable[[], None]:
    """Return what renews the lease: a killed process frees its key by not doing so."""
    tenant = context.tenant()

    def renew() -> None:
        with context.acting(tenant), sessions.transaction() as work:
            work.connection.execute(
                update(IdempotencyRow)
                .where(IdempotencyRow.key == key, IdempotencyRow.owner == owner)
                .where(IdempotencyRow.status.is_(None))
                .values(lease_until=now() + LEASE)
            )

    return renew


def _repeat(earlier: IdempotencyRow, stream: HashedStream) -> Response:
    if stream.digest() != earlier.body_hash:
        raise UnprocessableError(
            "This Idempotency-Key was used with another body: take a new key."
        )
    lines = [line.split(": ", 1) for line in (earlier.headers or "").splitlines()]
    headers = [(name, value) for name, value in lines]
    return Response(
        earlier.body, earlier.status, [*headers, ("Idempotency-Replayed", "true")]
    )


def _store(
    work: UnitOfWork, key: str, owner: str, stream: HashedStream, response: Response
) -> None:
    """Keep the answer in the transaction that does the work; a lost lease aborts it."""
    kept = [f"{k}: {v}" for k, v in response.headers if k != "Content-Length"]
    done = work.session.execute(
        update(IdempotencyRow)
        .where(IdempotencyRow.key == key, IdempotencyRow.owner == owner)
        .values(
            body_hash=stream.digest(),
            status=response.status_code,
            headers="\n".join(kept),
            body=response.get_data(),
            lease_until=now() + KEPT,
        )
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise RefusedError(
            "This request took too long and was given up: send it again."
        )


def _release(key: str, owner: str) -> None:
    with sessions.transaction() as work:
        work.session.execute(
            delete(IdempotencyRow).where(
                IdempotencyRow.key == key,
                IdempotencyRow.owner == owner,
                IdempotencyRow.status.is_(None),
            )
        )


def forget_old(limit: int = 1000) -> int:
    """Delete the keys that have served their time; return how many."""
    session = sessions.session()
    old = select(IdempotencyRow.key).where(IdempotencyRow.lease_until < now())
    done = session.execute(
        delete(IdempotencyRow).where(IdempotencyRow.key.in_(old.limit(limit)))
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
