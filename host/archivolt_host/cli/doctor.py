"""The command ``archivolt doctor``: look at everything a start needs, and say it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.cli.checks import Check, Deployment

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
HELP = """Check what Archivolt needs here, and name the next step for what is missing.

Each line is ok, warn (it runs, but look at it) or fail (it will not run). The exit
code is 1 when something fails.

\b
    archivolt doctor          for people
    archivolt doctor --json   for programs
"""


def doctor_command(deployment: Callable[[Path, Path], "Deployment"]) -> click.Command:
    """Make the command; ``deployment(home, manifest)`` tells what is to be checked."""

    @click.command("doctor", help=HELP)
    @click.option(
        "--home",
        envvar="ARCHIVOLT_HOME",
        type=click.Path(path_type=Path),
        default="var",
        show_default=True,
        help="Folder that keeps everything.",
    )
    @click.option(
        "--manifest",
        envvar="ARCHIVOLT_MANIFEST",
        type=click.Path(path_type=Path),
        default="manifest.toml",
        show_default=True,
        help="The deployment: plugins, tenants, settings.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
    def doctor(home: Path, manifest: Path, as_json: bool) -> None:
        found = list(examine(deployment(home, manifest)))
        print_json(found) if as_json else print_table(found)
        raise SystemExit(any(check.state == "fail" for check in found))

    return doctor


def examine(deployment: "Deployment") -> Iterator["Check"]:
    """Ask every question, in the order in which a start would meet the answers."""
    from archivolt_host.cli import checks, server_checks

    for question in (
        checks.python,
        checks.manifest,
        checks.plugins,
        checks.home,
        checks.disk,
        checks.crontab,
        checks.port,
        checks.sqlite,
        server_checks.postgresql,
        server_checks.valkey,
        checks.open_files,
        checks.clock,
    ):
        try:
            yield question(deployment)
        except Exception as error:  # one broken question must not hide the others
            yield checks.Check(question.__name__, "fail", f"Could not ask: {error}")


def print_json(found: Sequence["Check"]) -> None:
    """Print the checks as one JSON document."""
    click.echo(json.dumps([asdict(check) for check in found], indent=2))


def print_table(found: Sequence["Check"]) -> None:
    """Print one line for each check, and its next step below."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    for check in found:
        sentence = Text(check.sentence)
        if check.next_step:
            sentence.append(f"\n{check.next_step}", style="dim")
        table.add_row(Text(check.state, COLOURS[check.state]), check.name, sentence)
    Console().print(table)
