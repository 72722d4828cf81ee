"""Servers that live as long as the tests, and not a moment longer."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import Signals

KEEPER = Path(__file__).with_name("keeper.py")


class Kept:
    """A running server; however this process ends, it ends too."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        log: Path,
        end: Signals = Signals.SIGTERM,
        user: str | None = None,
    ) -> None:
        told = [user or "", str(int(end)), *words]
        with log.open("ab") as errors:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-E", "-S", str(KEEPER), *told],
                cwd=log.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._keeper.wait()  # it has left us

    def stop(self) -> None:
        """End the server and wait until it is gone."""
        stdin, stdout = self._keeper.stdin, self._keeper.stdout
        assert stdin is not None  # noqa: S101 - made above
        assert stdout is not None  # noqa: S101 - made above
        if not stdin.closed:
            with suppress(BrokenPipeError), stdin:
                stdin.write(b".")  # forks of ours have it open too: it would not end
            with stdout:
                stdout.read()
