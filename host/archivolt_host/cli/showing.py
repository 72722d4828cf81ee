"""What goes on while a command takes long, for whoever looks at a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 40  # characters of what is being done right now


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
