"""Folding, parsing and snippets, with anything at all."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archivolt_core_search.words.folding import fold, origins, storable
from archivolt_core_search.words.queries import Query, Term, parse
from archivolt_core_search.words.snippets import Snippets
from archivolt_host.kit.errors import InvalidError

anything = st.text(max_size=1000) | st.text(alphabet=' "-*aé東().:\u0301ﬁ', max_size=60)


@pytest.mark.parametrize(
    ("q", "required", "excluded"),
    [
        ("b A", (Term(("b",)), Term(("a",))), ()),
        ('"a b" c', (Term(("a", "b")), Term(("c",))), ()),
        ("“a b”*", (Term(("a", "b"), True),), ()),
        ("a a", (Term(("a",)),), ()),
        ("a-b --c", (Term(("a", "b")),), (Term(("c",)),)),
        ('a -"b c', (Term(("a",)),), (Term(("b", "c")),)),
        ("pre* *", (Term(("pre",), True),), ()),
    ],
)
def test_queries_mean_what_they_say(q, required, excluded):
    assert parse(q) == Query(required, excluded)


@given(anything)
def test_any_string_is_a_query_or_refused(q):
    try:
        query = parse(q)
    except InvalidError:
        return
    assert query.required
    for term in query.required + query.excluded:
        assert term.words
        assert all(fold(word).split() == [word] or word for word in term.words)
        assert not set("\"'\\ *:") & set("".join(term.words))


@given(anything)
def test_each_folded_character_comes_from_somewhere(text):
    folded = fold(text)
    assert len(origins(text)) == len(folded)
    assert all(c == " " or not c.isspace() for c in folded)


@given(anything)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)).split() == fold(text).split()


@given(anything, anything)
def test_snippets_show_the_text_and_nothing_else(text, q):
    try:
        query = parse(q)
    except InvalidError:
        return
    text = storable(text)
    snippet = Snippets(query, 24).of([text])
    plain = snippet.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert ">" not in plain
    shown = unescape(plain).removeprefix("…").removesuffix("…")
    assert "".join(shown.split()) in "".join(text.split())


@given(st.text(alphabet="aé b東-.ﬁ\u0301", min_size=1, max_size=40))
def test_what_is_in_the_text_is_marked(words):
    words = storable(words)
    try:
        query = parse(f'"{words}"')
    except InvalidError:
        return
    text = "x " * 30_000 + words + " y" * 30_000
    assert "<mark>" in Snippets(query, 24).of([text])
