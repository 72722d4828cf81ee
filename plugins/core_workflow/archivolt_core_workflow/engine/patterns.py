"""The 43 control-flow patterns: each is supported, or refused by its name.

Numbered as by Russell, ter Hofstede, van der Aalst and Mulyar.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: how it is written here, or why it is refused."""

    number: int
    name: str
    how: str
    supported: bool = True


def _refused(number: int, name: str, why: str) -> Pattern:
    return Pattern(number, name, why, supported=False)


PATTERNS = (
    Pattern(1, "Sequence", "to"),
    Pattern(2, "Parallel Split", "split"),
    Pattern(3, "Synchronization", "split with join"),
    Pattern(4, "Exclusive Choice", "choice"),
    Pattern(5, "Simple Merge", "several ways to one node"),
    Pattern(6, "Multi-Choice", "split with takes: any"),
    Pattern(7, "Structured Synchronizing Merge", "split with takes: any and join"),
    Pattern(8, "Multi-Merge", "split without join, several ways to one node"),
    Pattern(9, "Structured Discriminator", "join with wait: 1"),
    Pattern(10, "Arbitrary Cycles", "ways back"),
    Pattern(11, "Implicit Termination", "ends when no token is left"),
    Pattern(12, "Multiple Instances without Synchronization", "each without join"),
    Pattern(
        13, "Multiple Instances with a Priori Design-Time Knowledge", "each with count"
    ),
    Pattern(
        14, "Multiple Instances with a Priori Run-Time Knowledge", "each with items"
    ),
    Pattern(
        15, "Multiple Instances without a Priori Run-Time Knowledge", "each with add"
    ),
    Pattern(16, "Deferred Choice", "several ways out of a state or task"),
    Pattern(17, "Interleaved Parallel Routing", "split, and tasks with exclusive"),
    Pattern(18, "Milestone", "a guard on instance.nodes"),
    Pattern(19, "Cancel Task", "cancels with one node"),
    Pattern(20, "Cancel Case", "end with terminate"),
    Pattern(21, "Structured Loop", "choice with a way back"),
    _refused(22, "Recursion", "a sub-workflow may not lead back to its own definition"),
    Pattern(23, "Transient Trigger", "an event at the instance, heard there and then"),
    _refused(24, "Persistent Trigger", "events are not kept for later"),
    Pattern(25, "Cancel Region", "cancels with several nodes"),
    Pattern(26, "Cancel Multiple Instance Activity", "cancels with the repeated node"),
    Pattern(
        27, "Complete Multiple Instance Activity", "cancels with the repeated node"
    ),
    _refused(28, "Blocking Discriminator", "a join never makes others wait behind it"),
    Pattern(29, "Cancelling Discriminator", "join with wait: 1 and cancel"),
    Pattern(30, "Structured Partial Join", "join with wait"),
    _refused(31, "Blocking Partial Join", "a join never makes others wait behind it"),
    Pattern(32, "Cancelling Partial Join", "join with wait and cancel"),
    _refused(33, "Generalized AND-Join", "a join belongs to exactly one split"),
    Pattern(34, "Static Partial Join for Multiple Instances", "each, join with wait"),
    Pattern(
        35,
        "Cancelling Partial Join for Multiple Instances",
        "each, join with wait and cancel",
    ),
    _refused(
        36,
        "Dynamic Partial Join for Multiple Instances",
        "'wait' is a number, not an expression",
    ),
    _refused(37, "Local Synchronizing Merge", "a join belongs to exactly one split"),
    _refused(38, "General Synchronizing Merge", "a join belongs to exactly one split"),
    Pattern(39, "Critical Section", "tasks with the same exclusive"),
    Pattern(40, "Interleaved Routing", "split, and tasks with exclusive"),
    _refused(41, "Thread Merge", "tokens are joined by the split that made them"),
    _refused(42, "Thread Split", "tokens are made by a split or each"),
    Pattern(43, "Explicit Termination", "end with terminate"),
)
BY_NUMBER = {pattern.number: pattern for pattern in PATTERNS}
#: Kinds by which other products write what is refused here.
FOREIGN = {
    "persistent-trigger": 24,
    "message-queue": 24,
    "blocking-discriminator": 28,
    "blocking-join": 31,
    "and-join": 33,
    "or-join": 38,
    "inclusive-join": 38,
    "thread-merge": 41,
    "thread-split": 42,
}


def refused_kind(kind: str, known: Iterable[str]) -> str:
    """Return the sentence for a kind of node that is not there."""
    if kind in FOREIGN:
        return refusal(FOREIGN[kind])
    return f"There is no kind {kind}: take one of {', '.join(known)}."


def refusal(number: int) -> str:
    """Return the sentence that refuses a pattern by its name."""
    pattern = BY_NUMBER[number]
    return f"{pattern.name} (pattern {number}) is not supported: {pattern.how}."
