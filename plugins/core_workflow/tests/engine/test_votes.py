"""Votes: distinct voters, and an end as soon as it is decided."""

from uuid import UUID

import pytest

from archivolt_core_workflow.engine.model import Quorum
from archivolt_core_workflow.engine.votes import Vote, has_voted, outcome

A, B, C, D = (UUID(int=n) for n in range(1, 5))
ALL = frozenset({A, B, C})
TWO = Quorum(2, "yes", "no")


def votes(*given):
    return [Vote(voter, whose, way) for voter, whose, way in given]


@pytest.mark.parametrize(
    ("given", "decided"),
    [
        ([], None),
        ([(A, A, "yes")], None),
        ([(A, A, "yes"), (B, B, "yes")], "yes"),
        ([(A, A, "yes"), (D, B, "yes")], "yes"),
        ([(A, A, "no")], None),
        ([(A, A, "no"), (B, B, "no")], "no"),
        ([(A, A, "no"), (B, B, "yes")], None),
        # A votes for B: both have had their turn, and only C is left.
        ([(A, B, "yes")], None),
        ([(A, B, "no")], "no"),
    ],
)
def test_votes_decide_as_soon_as_they_can(given, decided):
    assert outcome(TWO, votes(*given), ALL) == decided


def test_a_role_is_counted_by_how_many_are_to_vote():
    open_to_all = Quorum(2, "yes", "no", of=3)
    assert outcome(open_to_all, votes((A, A, "no")), None) is None
    assert outcome(open_to_all, votes((A, A, "no"), (B, B, "no")), None) == "no"


def test_who_stands_in_and_whom_they_stand_in_for_are_one_voter():
    given = votes((A, B, "yes"))
    assert has_voted(given, A, A)
    assert has_voted(given, B, B)
    assert has_voted(given, C, B)
    assert has_voted(given, A, C)
    assert not has_voted(given, C, C)
