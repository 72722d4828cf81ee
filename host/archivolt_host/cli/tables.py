"""Tables for people, which also pipe well: one row is one line there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

PIPED = 200  # columns, where no terminal tells how many it has


def table(*columns: str) -> "Table":
    """Return an empty table."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def add(table: "Table", *cells: str) -> None:
    """Add a row; its texts are shown as they are."""
    from rich.text import Text  # a plain text could be taken for markup

    table.add_row(*(Text(cell) for cell in cells))


def show(table: "Table") -> None:
    """Print a table."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = PIPED
    console.print(table)
