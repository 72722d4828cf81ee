"""What a schedule may run: jobs of the host and of plugins, and for users some more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from archivolt_hookspecs import identity
from archivolt_hookspecs.registration import Schedule
from archivolt_host.errors import DeniedError, InvalidError, RefusedError
from archivolt_host.jobs import carrying, rhythm
from archivolt_host.jobs.registry import Job, job, jobs
from archivolt_host.jobs.schedule_models import USERS
from archivolt_host.plugins import actions, dispatch
from archivolt_host.plugins.registry import HOST, Registry
from archivolt_host.tenants import context


@dataclass(frozen=True)
class Choice:
    """Something that users may have run by a schedule."""

    name: str
    kind: str
    arguments: tuple[str, ...]
    permission: str
    summary: str = ""


@job(queue="medium", retries=3)
def act(action: str, sent: dict[str, Any]) -> None:
    """Run an action of a plugin, as whoever had it scheduled."""
    dispatch.call(action, **sent)


def choices() -> list[Choice]:
    """Return what the caller may schedule: what names a permission that they hold."""
    registry, slug = dispatch.registry(), context.tenant().slug
    on = registry.enabled(slug)
    found = [
        Choice(a.name, "action", tuple(a.arguments), a.permission)
        for plugin, a in registry.actions.values()
        if plugin in on and a.permission
    ]
    found += [
        Choice(j.name, "job", j.arguments, j.permission, j.summary)
        for j in jobs().for_users()
        if j.permission and (j.plugin == HOST or j.plugin in on)
    ]
    allowed = [c for c in found if dispatch.allowed(c.permission)]
    return sorted(allowed, key=lambda choice: choice.name)


def check(runs: str, arguments: Mapping[str, Any]) -> None:
    """Refuse what the caller may not schedule, or with other arguments."""
    known = {choice.name: choice for choice in choices()}
    if runs not in known:
        names = ", ".join(known) or "nothing yet"
        raise InvalidError(
            f"{runs} cannot be scheduled by you; what can: {names}.",
            {"runs": ["See /vault/schedules/choices."]},
        )
    takes = known[runs].arguments
    if unknown := arguments.keys() - set(takes):
        raise InvalidError(
            f"{runs} takes no {', '.join(sorted(unknown))}, only {', '.join(takes)}.",
            {"arguments": [f"Only {', '.join(takes)}."]},
        )
    if known[runs].kind == "action":
        actions.checked(dispatch.registry().actions[runs][1], arguments)
    else:
        try:
            jobs().get(runs).check(arguments)
        except TypeError as error:
            raise InvalidError(str(error), {"arguments": [str(error)]}) from error


def summary(runs: str) -> str:
    """Return what is run, in one line; of what is not loaded here only the name."""
    actions = dispatch.registry().actions
    if runs in actions:
        told = actions[runs][1].run.__doc__ or runs
        return told.strip().partition("\n")[0]
    return jobs().summary_of(runs)


def resolve(runs: str, arguments: Mapping[str, Any]) -> tuple[Job, Mapping[str, Any]]:
    """Return the job that runs it, and with what."""
    if runs in dispatch.registry().actions:
        return act, {"action": runs, "sent": dict(arguments)}
    return jobs().get(runs), arguments


@contextmanager
def as_owner(row: Any) -> Iterator[None]:
    """Be a user's schedule's owner, with the rights that they have today."""
    tenant = context.tenant()
    if row.source != USERS:
        yield
        return
    owner = dispatch.first(identity.find_actor.__name__, who=str(row.owner_id))
    if owner is None:
        raise RefusedError("Its owner is no longer active here.")
    packed = {**row.carried, "trace": None, **carrying.pack(owner)}
    with carrying.acting(tenant, packed):
        permission = _permission(row.runs)
        if permission is None or not dispatch.allowed(permission):
            raise DeniedError(f"Its owner lacks the permission {permission}.")
        yield


def _permission(runs: str) -> str | None:
    actions = dispatch.registry().actions
    return (
        actions[runs][1].permission if runs in actions else jobs().get(runs).permission
    )


_own: tuple[Schedule, ...] = ()


def bind(own: Sequence[Schedule]) -> None:
    """Make these the host's own schedules."""
    global _own
    _own = tuple(own)


def put_out_unreadable(plugins: Registry) -> None:
    """Put out each plugin that declares a schedule of which nobody knows the time."""
    for plugin, found in plugins.schedules:
        try:
            rhythm.check(found.cron, found.every, found.zone)
        except InvalidError as error:
            plugins.put_out(plugin, f"Its schedule {found.name} is wrong: {error}")


def own_schedules() -> list[tuple[str, Schedule]]:
    """Return the host's own schedules."""
    return [(HOST, schedule) for schedule in _own]
