"""JSON as it leaves: ids as text, times in RFC 3339 and UTC."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Encoder(JSONProvider):
    """Flask's JSON, by orjson."""

    def dumps(self, obj: Any, **options: Any) -> str:
        """Return JSON as text."""
        return orjson.dumps(obj, default=_plain, option=OPTIONS).decode()

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Return what JSON text says."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return an answer with a JSON body."""
        obj = self._prepare_response_obj(args, kwargs)
        return Response(
            orjson.dumps(obj, default=_plain, option=OPTIONS),
            mimetype="application/json",
        )


def _plain(value: Any) -> Any:
    """Write what orjson does not know."""
    if isinstance(value, frozenset | set | tuple):
        return sorted(value) if not isinstance(value, tuple) else list(value)
    if isinstance(value, datetime):  # of a subclass, as where tests set the clock
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is not JSON")
