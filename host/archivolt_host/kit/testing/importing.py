"""Has tests import the host cheaply, and then leave alone what was imported."""

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

MANY = 50  # modules

_seen = 0


class AsWritten:
    """Finds the modules of the host as Python does, before pytest is asked.

    pytest would rewrite their assertions, since they come with a plugin of its own; and
    anew in each process where PYTHONDONTWRITEBYTECODE is set, as in many containers.
    """

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where a module of the host is; of all others say nothing."""
        if name.startswith("archivolt_host."):
            return PathFinder.find_spec(name, path, target)
        return None

    def install(self) -> None:
        """Be asked first."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Be asked no more."""
        sys.meta_path.remove(self)


def set_aside() -> None:
    """Spare garbage collection what is there, each time that much was imported."""
    global _seen
    if len(sys.modules) > _seen + MANY:
        _seen = len(sys.modules)
        gc.collect()
        gc.freeze()
