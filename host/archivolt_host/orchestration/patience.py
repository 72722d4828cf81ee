"""How long a failed step waits for its next attempt, and what is said of it."""

import sqlite3

from sqlalchemy.exc import OperationalError

from archivolt_host.errors import ArchivoltError

WAITS = (0.2, 1.0, 5.0, 30.0, 120.0)  # seconds before the next attempt
LONGEST_NAP = 1.0  # of a process; for longer it lets go of the run
ASLEEP = 60.0  # seconds until what cannot go on here is looked at again
LONGEST_SENTENCE = 2000


def wait_after(attempts: int) -> float:
    """Return the seconds to wait after so many attempts."""
    return WAITS[min(attempts, len(WAITS)) - 1]


def refuses(error: Exception) -> bool:
    """Return whether an error is a refusal, which another attempt would meet again."""
    return isinstance(error, ArchivoltError) and error.status < 500


def is_away(error: Exception) -> bool:
    """Return whether a database server did not answer: no fault of what was tried."""
    if not isinstance(error, OperationalError):
        return False
    return not isinstance(error.orig, sqlite3.Error)


def sentence(error: BaseException) -> str:
    """Return an error as a sentence for whoever looks at the run."""
    known = isinstance(error, ArchivoltError)
    text = str(error) if known else f"{type(error).__name__}: {error}"
    return text[:LONGEST_SENTENCE]
