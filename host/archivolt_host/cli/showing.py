"""What goes on while a command takes long, for whoever looks at a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(title: str) -> Iterator[Callable[[object], None]]:
    """Show what is being done right now, and how long it takes already."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(title)
        yield lambda what: shown.update(task, description=f"{title} {what}")


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
