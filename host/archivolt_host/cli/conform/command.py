"""``archivolt conform``: one line for each promise, and how to mend a broken one."""

import json
import sys
from collections.abc import Sequence

import click

from archivolt_host.cli.conform.checks import Result

MARKS = {"ok": ("ok", "green"), "failed": ("FAILED", "red"), "not run": ("-", "yellow")}


@click.command()
@click.argument("plugin")
@click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")
@click.option("--only", metavar="CHECK", multiple=True, help="Make these checks alone.")
def conform(plugin: str, as_json: bool, only: tuple[str, ...]) -> None:
    """Check what the installed PLUGIN owes its host, on a deployment of its own.

    Nothing of yours is touched: the trial has its own home, and ends without a trace.
    The exit code is 1 if a check fails.
    """
    results = _results(plugin, only)
    if as_json:
        click.echo(json.dumps({"plugin": plugin, "checks": _plain(results)}, indent=2))
    else:
        _show(plugin, results)
    sys.exit(any(result.state == "failed" for result in results))


def _results(plugin: str, only: Sequence[str]) -> list[Result]:
    # The order of these imports is that of the checks.
    from archivolt_host.cli.conform import (  # noqa: F401
        audited,
        checks,
        leaving,
        living,
        naming,
        postgresql,
        schema,
        static,
    )
    from archivolt_host.cli.conform.stage import staged
    from archivolt_host.plugins.discovery import discover
    from archivolt_host.plugins.errors import did_you_mean

    names = [one.entry_point.name for one in discover()]
    if plugin not in names:
        raise click.ClickException(
            f"{plugin} is not installed here: run 'pip install --editable .' in its "
            f"folder first.{did_you_mean(plugin, names)}"
        )
    chosen = [one for one in checks.ALL if not only or one.name in only]
    if not chosen:
        known = ", ".join(one.name for one in checks.ALL)
        raise click.ClickException(f"There is no such check; the checks are: {known}.")
    chosen.sort(key=lambda one: ORDER.index(one.name))
    with staged(plugin) as stage:
        return [checks.run(one, stage) for one in chosen]


#: As a plugin comes to life: read, resolved, imported, registered, migrated, used.
ORDER = (
    "manifest",
    "resolves",
    "imports",
    "hooks",
    "names",
    "migrations",
    "postgresql",
    "serves",
    "off means off",
    "tenants apart",
    "hooks behave",
    "audited",
    "grants",
    "documented",
    "purge",
)


def _plain(results: Sequence[Result]) -> list[dict[str, object]]:
    return [
        {
            "check": result.check.name,
            "promise": result.check.promise,
            "state": result.state,
            "problems": list(result.problems),
            "mend": result.check.mend if result.state == "failed" else None,
        }
        for result in results
    ]


def _show(plugin: str, results: Sequence[Result]) -> None:
    for result in results:
        word, colour = MARKS[result.state]
        click.echo(
            f"{click.style(f'{word:6}', fg=colour)} {result.check.name:14} ", nl=False
        )
        click.echo(result.check.promise)
        for problem in result.problems:
            click.echo(f"{'':22}{problem}")
        if result.state == "failed":
            click.echo(f"{'':22}To mend it: {result.check.mend}")
    failed = sum(result.state == "failed" for result in results)
    click.echo(
        f"{plugin} keeps all {len(results)} promises."
        if not failed
        else f"{plugin} breaks {failed} of {len(results)} promises."
    )
