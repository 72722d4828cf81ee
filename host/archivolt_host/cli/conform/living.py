"""Checks of a plugin at work: on for one tenant, off for another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archivolt_host.cli.conform.checks import NotRunError, check
from archivolt_host.cli.conform.journey import journey, paths
from archivolt_host.cli.conform.probing import Answer, Client
from archivolt_host.cli.conform.stage import OTHER, WITH, WITHOUT, Stage

if TYPE_CHECKING:
    from archivolt_host.http.edge import Edge

HOOK_SECONDS = 0.05  # a hook's mean: everybody waits for it
OK, DAMAGE = 200, 500
WAITED_FOR = ("ask", "first", "join")


@check(
    "serves",
    "No request to it, with what its own OpenAPI asks for, ends in an error of ours.",
    "Answer with an error of archivolt_host.kit.errors, whose sentence helps.",
)
def serves(stage: Stage) -> Iterator[str]:
    """Use every route of the plugin as a client does."""
    for answer in journey(stage).answers:
        if answer.status >= DAMAGE:
            yield f"{answer.method.upper()} {answer.path} answers {answer.status}."


@check(
    "off means off",
    "Where a tenant has it off: 404, not in OpenAPI, no action, no job, no hook.",
    "Register routes, jobs and actions through the hooks, nowhere else.",
)
def off_means_off(stage: Stage) -> Iterator[str]:
    """Look at it from a tenant that has it off."""
    if not stage.can_be_off:
        raise NotRunError("It is required or of scope system: no tenant switches it.")
    client = stage.client(WITHOUT)
    for path, operations in paths(stage, stage.client(WITH)).items():
        for method in operations:
            place = path.replace("{", "").replace("}", "")
            if "{" not in path and client.call(method, place).status != 404:
                yield f"{method.upper()} {path} still answers."
    for path in paths(stage, client):
        yield f"{path} is still in the tenant's OpenAPI document."
    for function in _app_wide(stage.app):
        if str(function.__module__).partition(".")[0] == stage.package.name:
            yield f"{function.__qualname__} is called for requests to everybody."


def _app_wide(app: "Edge") -> Iterator[Any]:
    """Yield what the application calls whichever plugin's route is asked."""
    for table in (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.url_value_preprocessors,
    ):
        yield from table.get(None, ())
    for handlers in app.error_handler_spec[None].values():
        yield from handlers.values()


@check(
    "tenants apart",
    "What one tenant writes, no other tenant ever sees.",
    "Keep nothing in module globals; read and write through services and kit.db.",
)
def tenants_apart(stage: Stage) -> Iterator[str]:
    """Look at another tenant before and after all that happened in the first."""
    other = stage.client(OTHER)
    fresh = {answer.path: answer.body for answer in journey(stage).before}
    for answer in other.reads(paths(stage, other)):
        if answer.status == OK and answer.body != fresh.get(answer.path):
            yield f"GET {answer.path} changed with what another tenant did."
    for made in journey(stage).answers:
        if (
            made.location
            and made.status == 201
            and made.location in _shown(other, made)
        ):
            yield f"{made.location} of another tenant is found."


def _shown(other: Client, made: Answer) -> set[str | None]:
    return (
        {made.location}
        if other.call("get", str(made.location)).status == 200
        else set()
    )


@check(
    "hooks behave",
    "Its hooks neither fail nor keep others waiting, while documents come and go.",
    "Look at the log for the error; do long work in a job.",
)
def hooks_behave(stage: Stage) -> Iterator[str]:
    """Read the accounts that the dispatcher keeps."""
    from archivolt_host.plugins import timing

    journey(stage)
    for hook, cost in timing.spent(stage.name).items():
        if cost.errors:
            yield f"{hook} raised {cost.errors:.0f} times."
        mean = cost.seconds / (cost.calls or 1)
        if mean > HOOK_SECONDS and _is_waited_for(stage, hook):
            yield f"{hook} takes {1000 * mean:.0f} ms on the average."


def _is_waited_for(stage: Stage, hook: str) -> bool:
    try:
        return stage.working.registry.verb(hook) in WAITED_FOR
    except LookupError:
        return False  # a job or an action, which has its own account


@check(
    "grants",
    "It reaches no server and calls no action that its plugin.toml does not name.",
    'Ask for it: [grants] net = ["graph.microsoft.com"], call = ["send_mail"].',
)
def grants(stage: Stage) -> Iterator[str]:
    """Read what the host refused to the plugin's code during the journey."""
    from archivolt_host.plugins import granting

    journey(stage)
    for plugin, wanted in sorted(granting.refused):
        if plugin == stage.name:
            yield f"It reaches for {wanted}."
