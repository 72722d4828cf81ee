"""Counts votes: who votes for themselves and who for somebody else are one voter."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from archivolt_core_workflow.engine.model import Quorum


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote; ``for_whom`` is the voter, or whoever delegated to them."""

    voter: UUID
    for_whom: UUID
    way: str


def has_voted(votes: Iterable[Vote], voter: UUID, for_whom: UUID) -> bool:
    """Return whether either of the two has had a part in a vote already."""
    return any({v.voter, v.for_whom} & {voter, for_whom} for v in votes)


def outcome(
    quorum: Quorum, votes: Iterable[Vote], voters: frozenset[UUID] | None
) -> str | None:
    """Return the way that the votes have decided on, or None while they have not.

    ``voters`` is who may vote; where that is open, ``quorum.of`` says how many.
    """
    given = list(votes)
    yes = sum(vote.way == quorum.yes for vote in given)
    if yes >= quorum.need:
        return quorum.yes
    if voters is None:
        left = (quorum.of or quorum.need) - len(given)
    else:
        left = len(voters - {one for v in given for one in (v.voter, v.for_whom)})
    return quorum.no if yes + left < quorum.need else None
