"""What a check is: a promise, how to see whether it is kept, and how to mend it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from archivolt_host.cli.conform.stage import Stage

Look = Callable[["Stage"], Iterator[str]]

ALL: list["Check"] = []


class NotRunError(Exception):
    """The check cannot be made here, and why."""


@dataclass(frozen=True)
class Check:
    """One promise. ``look`` yields a sentence for each way in which it is broken."""

    name: str
    promise: str
    mend: str
    look: Look = field(compare=False)


@dataclass(frozen=True)
class Result:
    """What came of a check."""

    check: Check
    state: Literal["ok", "failed", "not run"]
    problems: Sequence[str] = ()


def check(name: str, promise: str, mend: str) -> Callable[[Look], Look]:
    """Enter a function among the checks, in the order of the files that hold them."""

    def enter(look: Look) -> Look:
        ALL.append(Check(name, promise, mend, look))
        return look

    return enter


def run(one: Check, stage: "Stage") -> Result:
    """Make one check; an error in it is a problem of the plugin, told as one."""
    try:
        problems = tuple(dict.fromkeys(one.look(stage)))
    except NotRunError as reason:
        return Result(one, "not run", (str(reason),))
    except Exception as error:  # whatever a stranger's plugin raises
        problems = (f"The check itself ended with {type(error).__name__}: {error}",)
    return Result(one, "failed" if problems else "ok", problems)
