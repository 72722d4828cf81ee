"""What goes on while a command takes long, for whoever looks at a terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import click

LONGEST = 40  # characters of what is being done right now
NAMED = 20  # of what is missing


@contextmanager
def progress(
    title: str, total: int | None = None
) -> Iterator[Callable[[object], None]]:
    """Show what is being done right now, and how much of it is left where known."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn(), Elapsed())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(title, total=total)

        def show(what: object) -> None:
            named = f"{title} {what}"[:LONGEST]
            shown.update(task, advance=1, description=named)

        yield show


def files_below(folder: Path) -> int:
    """Return about how much there is to do: the files below a folder."""
    return sum(path.is_file() for path in folder.rglob("*"))


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[object], None]]:
    """Show how many of a known number are done; call what it yields after each."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = Progress(console=console, transient=True, disable=not console.is_terminal)
    with shown:
        task = shown.add_task(title, total=total)
        yield lambda _: shown.advance(task)


def missing(contents: Sequence[str]) -> None:
    """Name what an archive should hold and does not, for cron's mails too."""
    for one in islice(contents, NAMED):
        click.echo(f"Missing here, and so not in it: {one}.", err=True)
    if len(contents) > NAMED:
        click.echo(f"And {len(contents) - NAMED} more.", err=True)
    if contents:
        click.echo("Bring them back from an older backup.", err=True)
