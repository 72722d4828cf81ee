"""What was changed, by whom and from where: told to whoever keeps the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.markers import joins


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was written, or one deed that is no row.

    ``action`` is the kind and what was done to it (``documents.document.update``), or
    the name of the deed (``APPROVE``). ``before`` and ``after`` hold the whole row
    where it came or went, else what is different; never a secret.
    """

    action: str
    kind: str
    object: UUID | str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    actor: Actor | None
    request_id: str
    address: str
    user_agent: str


@joins
def record_changes(changes: Sequence[Change]) -> None:
    """Keep what a transaction has changed, last thing before its commit.

    Nobody has to tell of changes: the verbs of every service do. An error refuses the
    commit, so nothing is written without its record.
    """
