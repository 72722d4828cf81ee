"""The verbs by which plugins meet: filtered by tenant, isolated, timed and broken off.

``tell`` is news through the outbox and lives with the jobs; the other five are here.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import structlog

from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.registration import Action
from archivolt_host.errors import (
    ArchivoltError,
    DeniedError,
    GuardDownError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from archivolt_host.plugins import actions, granting, timing
from archivolt_host.plugins.registry import Implementation, Registry
from archivolt_host.tenants import context, sessions

log = structlog.get_logger()

_registry: Registry | None = None


def bind(found: Registry) -> None:
    """Make this the registry whose plugins answer."""
    global _registry
    _registry = found


def registry() -> Registry:
    """Return the bound registry."""
    if _registry is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _registry


def _slug() -> str | None:
    tenant = context.tenant_or_none()
    return tenant.slug if tenant else None


def _prepared(verb: str, hook: str) -> Iterator[Implementation]:
    """Yield the implementations that may run now; a sleeping guard refuses."""
    plugins, slug = registry(), _slug()
    if plugins.verb(hook) != verb:
        raise TypeError(
            f"{hook} is to be called by {plugins.verb(hook)}(), not {verb}()"
        )
    if slug is not None and (guard := plugins.sleeping_guard(hook, slug)):
        raise GuardDownError(guard, hook)
    return iter(plugins.implementations(hook, plugins.enabled(slug)))


def _rests(implementation: Implementation) -> bool:
    return registry().breakers.is_open(_slug() or "", implementation.plugin)


def _run(i: Implementation, hook: str, arguments: dict[str, Any]) -> Any:
    """Run one implementation, timed; an error it did not mean counts against it."""
    breakers, slug = registry().breakers, _slug() or ""
    began, failed = perf_counter(), False
    try:
        with granting.at_work(i.plugin):
            answer = i.function(*[arguments[name] for name in i.arguments])
    except ArchivoltError:
        raise
    except Exception:
        failed = True
        breakers.failed(slug, i.plugin)
        log.exception("hook failed", plugin=i.plugin, hook=hook)
        raise
    finally:
        timing.record(i.plugin, hook, perf_counter() - began, failed=failed)
    breakers.succeeded(slug, i.plugin)
    return answer


def ask(hook: str, **arguments: Any) -> None:
    """Ask whether something may happen; raise RefusedError with the first reason.

    An implementation that fails, or rests, refuses.
    """
    for i in _prepared("ask", hook):
        if _rests(i):
            raise GuardDownError(i.plugin, hook)
        try:
            reason = _run(i, hook, arguments)
        except ArchivoltError:
            raise
        except Exception as error:
            raise GuardDownError(i.plugin, hook) from error
        if reason:
            raise RefusedError(str(reason))


def first(hook: str, **arguments: Any) -> Any:
    """Return the first answer that is not None; who fails is passed over.

    But not a guard: that would take its failure for an answer.
    """
    for i in _prepared("first", hook):
        if _rests(i):
            continue
        try:
            answer = _isolated(i, hook, arguments)
        except Exception as error:  # logged and counted in _run
            if not registry().is_guard(i.plugin, hook):
                continue
            if isinstance(error, UnavailableError):  # not the plugin's fault
                raise
            raise GuardDownError(i.plugin, hook) from error
        if answer is not None:
            return answer
    return None


def collect(hook: str, **arguments: Any) -> list[Any]:
    """Return everyone's answers but None; an error costs only that answer."""
    answers = []
    for i in _prepared("collect", hook):
        if _rests(i):
            continue
        try:
            answers.append(_isolated(i, hook, arguments))
        except Exception:  # noqa: S112 - logged and counted in _run
            continue
    return [answer for answer in answers if answer is not None]


def _isolated(i: Implementation, hook: str, arguments: dict[str, Any]) -> Any:
    unit = sessions.unit_or_none()
    if unit is None or registry().is_guard(i.plugin, hook):
        return _run(i, hook, arguments)  # where a guard fails, nothing goes on
    with unit.savepoint():
        return _run(i, hook, arguments)


def ask_one(plugin: str, hook: str, **arguments: Any) -> Any:
    """Return the answer of one plugin alone, or None where it has none to give."""
    for i in _prepared("collect", hook):
        if i.plugin == plugin:
            return _run(i, hook, arguments)
    return None


def ask_all(hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
    """Yield each plugin's answer, on or off for this tenant; errors are the caller's.

    For what concerns data that is there whether or not its plugin is on.
    """
    plugins = registry()
    for i in plugins.implementations(hook, frozenset(plugins.names)):
        yield i.plugin, _run(i, hook, arguments)


def tell_one(plugin: str, hook: str, **arguments: Any) -> None:
    """Have one plugin do something, on or off for this tenant."""
    plugins = registry()
    for i in plugins.implementations(hook, frozenset({plugin})):
        _run(i, hook, arguments)


def join(hook: str, **arguments: Any) -> None:
    """Let everyone write inside the caller's transaction; an error aborts it."""
    for i in _prepared("join", hook):
        if _rests(i):
            raise GuardDownError(i.plugin, hook)
        _run(i, hook, arguments)


def call(action: str, **arguments: Any) -> Any:
    """Run one named action of another plugin; its errors are the caller's."""
    plugins, slug = registry(), _slug()
    plugin, found = plugins.actions.get(action, ("", None))
    if found is None or plugin not in plugins.enabled(slug):
        raise NotFoundError("Action", action)
    granting.check_call(plugin, action)
    unit = sessions.unit_or_none()
    if found.kind == "external" and unit is not None and unit.write and unit.began:
        raise RuntimeError(f"{action} leaves the database: call it as a step")
    _permit(found)
    if plugins.is_switched_off(action, slug):
        raise RefusedError(actions.switched_off(action, plugin))
    arguments = actions.checked(found, arguments)
    counted = timing.measured(plugin, f"action {action}", (ArchivoltError,))
    with counted, granting.at_work(plugin):
        return found.run(**arguments)


def _permit(action: Action) -> None:
    if action.permission is None:
        return
    is_external = action.kind == "external"  # to look that up must not begin a write
    with sessions.reading() if is_external else nullcontext():
        if not allowed(action.permission):
            raise DeniedError(f"This needs the permission {action.permission}.")


def action_or_none(name: str) -> Action | None:
    """Return the action of that name if the tenant has it, or None."""
    plugin, found = registry().actions.get(name, ("", None))
    return found if plugin in registry().enabled(_slug()) else None


def allowed(permission: str, actor: Actor | None = None) -> bool:
    """Return whether somebody (the caller) holds a permission; the system holds all."""
    actor = actor or context.actor()
    if actor.id == context.SYSTEM:
        return True
    return bool(first("permission_granted", actor=actor, permission=permission))
