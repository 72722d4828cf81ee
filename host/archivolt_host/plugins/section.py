"""A table of a plugin.toml, taken apart key by key; what is left over is a mistake."""

import re
from collections.abc import Mapping
from typing import Any

from archivolt_host.plugins.errors import MetadataError, did_you_mean, listed
from archivolt_host.plugins.versions import is_specifier

NAME_PATTERN = r"[a-z][a-z0-9_]*"

_MISSING = object()


class Section:
    """Hands out typed keys of one table and complains about the rest."""

    def __init__(self, title: str, values: Mapping[str, Any]) -> None:
        self._title = title
        self._values = dict(values)
        self._known: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; without a default it must be there."""
        return str(self._take(key, str, "a text in quotes", default))

    def name(self, key: str) -> str:
        """Take the name of a plugin, a hook or a setting."""
        return self.checked(self.text(key))

    def names(self, key: str) -> tuple[str, ...]:
        """Take a list of names; empty when it is not there."""
        return tuple(self.checked(name) for name in self.texts(key))

    def specifier(self, key: str) -> str:
        """Take a version range."""
        text = self.text(key)
        if not is_specifier(text):
            raise self.wrong(
                f'{key} = "{text}" is not a version range: write for example ">=1,<2".'
            )
        return text

    def choice(self, key: str, choices: tuple[str, ...], default: str | None) -> str:
        """Take one of a few texts."""
        text = self.text(key, default)
        if text not in choices:
            raise self.wrong(f"{key} must be one of {', '.join(choices)}, not {text}.")
        return text

    def flag(self, key: str) -> bool:
        """Take true or false; false when it is not there."""
        return bool(self._take(key, bool, "true or false, without quotes", False))

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts; empty when it is not there."""
        items = self._take(key, list, "a list of texts", [])
        if not all(isinstance(item, str) for item in items):
            raise self.wrong(f"{key} must be a list of texts.")
        return tuple(items)

    def table(self, key: str) -> dict[str, Any]:
        """Take a table; empty when it is not there."""
        return dict(self._take(key, dict, "a table", {}))

    def anything(self, key: str) -> Any:
        """Take a value of any type; None when it is not there."""
        self._known.add(key)
        return self._values.pop(key, None)

    def done(self) -> None:
        """Refuse keys that nobody took."""
        for key in self._values:
            raise self.wrong(
                f"{key!r} is not a key here; known are {listed(self._known)}."
                f"{did_you_mean(key, self._known)}"
            )

    def checked(self, name: str) -> str:
        """Give a name back, or refuse it."""
        if not re.fullmatch(NAME_PATTERN, name):
            raise self.wrong(
                f"{name!r} is not a name: write lower-case letters, digits and "
                "underscores, a letter first."
            )
        return name

    def wrong(self, sentence: str) -> MetadataError:
        """Build the error that names this table."""
        return MetadataError(f"{self._title}: {sentence}")

    def _take(self, key: str, kind: type, expected: str, default: Any) -> Any:
        self._known.add(key)
        value = self._values.pop(key, _MISSING if default is None else default)
        if value is _MISSING:
            raise self.wrong(f"{key} is missing; write {expected}.")
        if not isinstance(value, kind):
            raise self.wrong(f"{key} must be {expected}, not {value!r}.")
        return value
