"""What may be kept as JSON: all that every reader can write again."""

import json
from typing import Any

import orjson

MOST = 1024 * 1024  # characters of one value


def refuse_unwritable(what: str, value: Any) -> None:
    """Raise TypeError where a value is no JSON, or none that can be sent on.

    Python's own JSON takes numbers beyond 64 bits and halves of characters, which stop
    whoever lists them later; it alone refuses NaN.
    """
    try:
        text = json.dumps(value, allow_nan=False)
        orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{what}: {error}") from error
    if len(text) > MOST:
        raise TypeError(
            f"{what}: it has {len(text):,} characters as JSON, and {MOST:,} at most: "
            "keep it as a content or in a table, and give its id."
        )
