"""The class that authors subclass: its steps, and what a step may look at."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from archivolt_host.orchestration import running, values
from archivolt_host.orchestration.driving import Drive
from archivolt_host.orchestration.steps import AnyStep

CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Orchestrator:
    """Subclass it, yield your steps, call ``run`` or ``start`` on a fresh object.

    The arguments of the constructor are its inputs, and what a step returns its
    output: both are kept as JSON, so that another process can go on where this one
    died. Therefore the object itself remembers nothing: read ``self.outputs``.
    """

    #: How runs name it: the plugin and the class, as in ``sample.share_document``.
    name: ClassVar[str] = ""
    #: Raise it when the steps change, and keep the old class while runs of it live.
    version: ClassVar[int] = 1
    #: How long a run may take before it is taken back.
    deadline: ClassVar[timedelta | None] = None
    #: Inputs that are never written down, such as passwords: after a crash they have
    #: their default, None.
    unwritten: ClassVar[tuple[str, ...]] = ()
    #: "tenant", or "system" for what concerns the catalog.
    scope: ClassVar[str] = "tenant"

    def __init_subclass__(cls) -> None:
        """Name the orchestrator after its plugin and itself."""
        if "name" not in cls.__dict__:
            plugin = cls.__module__.partition(".")[0].removeprefix("archivolt_")
            cls.name = f"{plugin}.{CAPITALS.sub('_', cls.__name__).lower()}"

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        """Note the inputs, which another process would make the object from."""
        made = super().__new__(cls)
        bound = values.signature_of(cls).bind(*arguments, **named)
        bound.apply_defaults()
        made.__dict__["_inputs"] = dict(bound.arguments)
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep nothing once it runs: a crash would forget it."""
        if "_drive" in self.__dict__:
            raise AttributeError(
                f"A run forgets self.{name} in a crash: return the value from the "
                "step, and read it from self.outputs[<name of the step>]."
            )
        super().__setattr__(name, value)

    def steps(self) -> Iterator[AnyStep]:
        """Yield the steps in the order they happen, whatever the inputs are."""
        raise NotImplementedError

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What it was made from."""
        found: Mapping[str, Any] = self.__dict__["_inputs"]
        return found

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the steps that are done returned, by name; None for the others."""
        return self._driven.outputs

    @property
    def run_id(self) -> UUID:
        """The id of this run."""
        return self._driven.run.id

    @property
    def key(self) -> str:
        """What names the step under way for other systems, the same in each attempt."""
        return self._driven.key

    @property
    def _driven(self) -> Drive:
        drive: Drive | None = self.__dict__.get("_drive")
        if drive is None:
            raise RuntimeError("This run has not begun: only its steps may ask that.")
        return drive

    def run(self, *, unique: str | None = None) -> Any:
        """Do every step and return the result; on an error undo backwards and raise.

        The caller waits. Should this process die, another one finishes or undoes it.
        While a run with the same ``unique`` key stands it is not done again: a done
        one's result is returned, one under way is refused.
        """
        return running.run(self, unique)

    def start(self, *, unique: str | None = None) -> UUID:
        """Have it done by a worker after the commit of the caller; return its id."""
        return running.start(self, unique)
