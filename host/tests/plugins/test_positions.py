import tomllib

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from archivolt_host.plugins.manifest.positions import positions

TEXT = '''\
# a comment with [brackets] and = signs
[host]
strict = false  # [not.a.table]
words = """
bind = "no"
"""
[plugins."odd.name"]
inline = { a = 1, "b" = [
  1,
  2 ] }
dotted.key = 'x # y'
[defaults]
enabled = [
  "one",  # "two"

  "three",
]
[[list]]
when = 1979-05-27 07:32:00
last = 1
'''
KEYS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1
)
VALUES = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), KEYS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


def test_each_key_has_its_line() -> None:
    tomllib.loads(TEXT)
    lines = positions(TEXT)
    assert lines["host",] == 2
    assert lines["host", "strict"] == 3
    assert lines["host", "words"] == 4
    assert ("host", "bind") not in lines
    assert lines["plugins",] == lines["plugins", "odd.name"] == 7
    assert lines["plugins", "odd.name", "inline", "b", 1] == 10
    assert lines["plugins", "odd.name", "dotted", "key"] == 11
    assert lines["defaults", "enabled", 0] == 14
    assert lines["defaults", "enabled", 1] == 16
    assert lines["list", "when"] == 19
    assert lines["list", "last"] == 20


@settings(deadline=None)  # the machine may be busy
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_key_of_any_document_has_a_line(document) -> None:
    text = tomlkit.dumps(document)
    lines = positions(text)
    for path in _paths(tomllib.loads(text)):
        assert path in lines


def _paths(value, path=()):
    for key, below in value.items():
        yield (*path, key)
        if isinstance(below, dict):
            yield from _paths(below, (*path, key))
