"""Synthetic documents: the same ones for both sides, and anew in every run."""

import random
from collections.abc import Iterator
from typing import Any

SYLLABLES = [c + v for c in "bcdfgklmnprstvz" for v in "aeiou"]
DEPARTMENTS = ("legal", "hr", "finance", "sales", "it")

Sample = tuple[str, dict[str, Any], str]  # title, metadata, text


def words(seed: int = 1) -> list[str]:
    """Return a vocabulary; what comes first is used most."""
    chance = random.Random(seed)
    return ["".join(chance.choices(SYLLABLES, k=1 + n // 200)) for n in range(800)]


def documents(count: int, seed: int = 1) -> Iterator[Sample]:
    """Yield documents of some 150 words."""
    chance, known = random.Random(seed), words()
    weights = [1 / (rank + 1) for rank in range(len(known))]
    for number in range(count):
        metadata = {
            "department": chance.choice(DEPARTMENTS),
            "year": chance.randint(2015, 2026),
            "reference": f"REF-{number:07d}",
        }
        text = " ".join(chance.choices(known, weights, k=chance.randint(60, 260)))
        yield " ".join(chance.choices(known, k=6)), metadata, text
