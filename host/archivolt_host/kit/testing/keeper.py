"""Keeps a server until its stdin ends or says so; a program that ``keeping`` starts.

It leaves its parent first: the server is nobody's child, so that tests which look at
the children of their process do not find it, and ends with the tests all the same.
"""

import os
import subprocess
import sys


def main(user: str, signal: str, *words: str) -> None:
    """Run ``words`` as ``user``; send ``signal`` when stdin is closed, or speaks."""
    if os.fork() != 0:
        os._exit(0)
    server = subprocess.Popen(  # noqa: S603 - the words of our own fixtures
        words, user=user or None, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    os.read(0, 1)
    server.send_signal(int(signal))
    server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
