"""Line numbers of TOML keys: what tomllib does not tell, found by a small scan.

The text has passed tomllib before, so the scan takes valid syntax for granted.
"""

import re
import tomllib

Key = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<skip> [ \t\r\ufeff]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string> \"{3}(?:\\.|[^\\])*?\"{3}\"{0,2} | '{3}.*?'{3}'{0,2}
                | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<mark> [\[\]{}=,] )
    | (?P<bare> [^\s\[\]{}=,\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_END = ("", "", 0)


def positions(text: str) -> dict[Key, int]:
    """Map each key path to its line; items of a list have their index as last part."""
    return _Scan(text).lines


class _Scan:
    def __init__(self, text: str) -> None:
        self.lines: dict[Key, int] = {}
        self._tokens = list(_tokens(text))
        self._tokens.reverse()
        self._statements()

    def _statements(self) -> None:
        table: Key = ()
        while self._tokens:
            if self._skip("\n"):
                continue
            line = self._peek()[2]
            if self._skip("["):
                self._skip("[")
                table = self._key("]")
                self._skip("]")
                self._record(table, line)
            else:
                self._pair(table)

    def _pair(self, table: Key) -> None:
        line = self._peek()[2]
        path = table + self._key("=")
        self._record(path, line)
        self._value(path)

    def _value(self, path: Key) -> None:
        if self._skip("["):
            self._items(path)
        elif self._skip("{"):
            while self._tokens and not self._skip("}"):
                if not self._skip("\n", ","):
                    self._pair(path)
        else:
            while self._tokens and self._peek()[1] not in ("\n", ",", "]", "}"):
                self._tokens.pop()

    def _items(self, path: Key) -> None:
        index = 0
        while self._tokens and not self._skip("]"):
            if not self._skip("\n", ","):
                self._record((*path, index), self._peek()[2])
                self._value((*path, index))
                index += 1

    def _key(self, end: str) -> Key:
        parts: list[str] = []
        while not self._skip(end):
            kind, text, _ = self._tokens.pop()
            if kind == "string":
                parts.append(tomllib.loads(f"x = {text}")["x"])
            else:
                parts.extend(part for part in text.split(".") if part)
        return tuple(parts)

    def _record(self, path: Key, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _skip(self, *marks: str) -> bool:
        found = self._peek()[1] in marks
        if found:
            self._tokens.pop()
        return found

    def _peek(self) -> tuple[str, str, int]:
        return self._tokens[-1] if self._tokens else _END


def _tokens(text: str) -> list[tuple[str, str, int]]:
    line, tokens = 1, []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "skip":
            tokens.append((kind, match.group(), line))
        line += match.group().count("\n")
    return tokens
