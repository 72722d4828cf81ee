"""Signals as bytes on a pipe, so that waiting for them is one poll."""

import os
import select
import signal
from types import FrameType
from typing import Self

LISTENED = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: Python has already written the signal's number to the pipe."""


class Signals:
    """The supervisor's ear; while it is open, no signal interrupts the code."""

    def __enter__(self) -> Self:
        self._out, self._in = os.pipe()
        for end in (self._out, self._in):
            os.set_blocking(end, False)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._wakeup = signal.set_wakeup_fd(self._in, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noted) for number in LISTENED}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.forget(self._wakeup)

    def wait(self, seconds: float | None) -> set[int]:
        """Sleep until a signal comes or the time is up; return what came."""
        milliseconds = None if seconds is None else max(0, round(seconds * 1000))
        if self._poll.poll(milliseconds):
            return set(os.read(self._out, 4096))
        return set()

    def forget(self, wakeup: int = -1) -> None:
        """Close the pipe: it is the supervisor's, and a fork shares it."""
        signal.set_wakeup_fd(wakeup)
        os.close(self._out)
        os.close(self._in)
