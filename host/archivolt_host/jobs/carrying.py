"""What travels with work for later: who asked for it, from where, in which trace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import cache, lru_cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

import orjson

from archivolt_hookspecs.identity import Actor
from archivolt_host.tenants import context, tracing
from archivolt_host.tenants.context import NOWHERE, Origin, Tenant

Carried = Mapping[str, Any]


def pack(actor: Actor | None = None) -> dict[str, Any]:
    """Return who is asking now, as JSON; without anybody it is the system."""
    who = actor or context.actor_or_none()
    who = who or context.system_actor(context.tenant().slug)
    packed: dict[str, Any] = {"actor": _plain(who), "request_id": context.request_id()}
    if (origin := context.origin()) != NOWHERE:
        packed["origin"] = asdict(origin)
    if (trace := tracing.current()) is not None:
        packed["trace"] = trace.header
    if news := tracing.news_before():
        packed["news"] = news
    return packed


@contextmanager
def acting(tenant: Tenant, carried: Carried) -> Iterator[None]:
    """Be whoever had this packed, in a tenant: theirs, whatever was packed.

    It is the next link of the trace in which it was packed.
    """
    actor = unpack_actor(tenant, carried)
    origin = Origin(**carried["origin"]) if "origin" in carried else NOWHERE
    trace = tracing.following(carried.get("trace"))
    id = carried.get("request_id", "")
    news = tracing.after_news(carried.get("news", 0))
    with context.acting(tenant, actor, id, origin), tracing.entered(trace), news:
        yield


def trace_id(carried: Carried) -> str | None:
    """Return the id of the trace in which it was packed, where there was one."""
    packed = carried.get("trace")
    return tracing.following(packed).id if packed else None


def unpack_actor(tenant: Tenant, carried: Carried) -> Actor:
    """Return the actor that was packed, as one of this tenant."""
    packed = carried.get("actor")
    if packed is None:
        return context.system_actor(tenant.slug)
    return _unpacked(tenant.slug, orjson.dumps(packed))


@lru_cache(maxsize=1024)
def _unpacked(slug: str, packed: bytes) -> Actor:
    hints = _hints()
    found = orjson.loads(packed).items()
    known = {k: _typed(hints[k], v) for k, v in found if k in hints}
    return Actor(**{**known, "tenant": slug})


@lru_cache(maxsize=1024)
def _plain(actor: Actor) -> dict[str, Any]:
    values = {f.name: getattr(actor, f.name) for f in fields(actor)}
    return {k: _json(v) for k, v in values.items() if v is not None}


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(_json(one) for one in value)
    return value


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Actor)


def _typed(hint: Any, value: Any) -> Any:
    """Give ids and sets the types back that JSON took from them."""
    if isinstance(value, list):
        [kind] = {a for a in _parts(hint) if a in (UUID, str)} or {str}
        return frozenset(kind(one) for one in value)
    return UUID(value) if UUID in _parts(hint) and value is not None else value


def _parts(hint: Any) -> list[Any]:
    """Return a type and all that it is made of."""
    return [hint, *(part for one in get_args(hint) for part in _parts(one))]
