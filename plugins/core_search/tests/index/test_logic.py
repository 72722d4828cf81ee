"""The index follows the documents."""

import pytest
from sqlalchemy import event, text

from archivolt_core_search.index import logic
from archivolt_core_search.words import folding
from archivolt_host.kit import hooks
from archivolt_host.kit.errors import UnavailableError
from archivolt_host.tenants import context

LONG = "filler words of a long text " * 6000  # 168,000 characters: four parts


def long_text(*words):
    """Spread words over the parts of a long text."""
    room = len(LONG) // len(words)
    return " ".join(f"{LONG[:room]} {word}" for word in words)


def test_the_trash_is_not_searched(world):
    document = world.save("One", "alpha", tags=("x",))
    kept = world.trash(document)
    assert world.titles("alpha") == []
    assert world.titles("one") == []
    world.restore(document, kept)
    assert world.titles("alpha one", tag="x") == ["One"]


def test_a_new_version_replaces_the_text(world):
    document = world.save("One", "alpha")
    world.put(document, "")
    assert world.titles("alpha") == []
    world.put(document, "beta")
    assert world.titles("alpha") == []
    assert world.titles("beta one") == ["One"]


def test_a_new_title_replaces_the_old_and_leaves_the_text(world):
    document = world.save("Old", "alpha", tags=("red",))
    world.change(document, title="New", tags=("blue",))
    assert world.titles("old") == []
    assert world.titles("new alpha blue") == ["New"]
    assert world.titles("alpha", tag="red") == []
    assert world.titles("alpha", tag="blue") == ["New"]


def test_a_long_text_is_found_in_all_its_parts(world):
    world.save("Saga", long_text("alpha", "beta", "gamma"))
    world.save("Short", "alpha")
    assert world.titles("alpha beta gamma") == ["Saga"]
    assert world.titles("saga gamma") == ["Saga"]
    assert world.titles("filler -beta") == []
    assert world.titles("alpha -beta") == ["Short"]
    assert set(world.titles("alpha")) == {"Saga", "Short"}
    assert "<mark>gamma</mark>" in world.snippet("gamma")
    assert "<mark>Saga</mark>" in world.snippet("saga")


def test_a_long_text_keeps_phrases_across_its_parts(world):
    words = [f"w{n}" for n in range(40_000)]
    document = world.save("Saga", " ".join(words))
    for n in range(0, 39_999, 1999):
        assert world.titles(f'"{words[n]} {words[n + 1]}"') == ["Saga"]
    world.change(document, title="Epos")
    assert world.titles("saga") == []
    assert world.titles("epos w39999 w1") == ["Epos"]


def test_a_text_may_grow_shrink_and_go(world):
    document = world.save("One", "alpha")
    world.put(document, long_text("beta"))
    assert world.titles("alpha") == []
    assert world.titles("one beta") == ["One"]
    world.put(document, long_text("gamma"))
    assert world.titles("beta") == []
    world.put(document, "delta")
    assert world.titles("filler") == []
    assert world.titles("delta one") == ["One"]
    world.put(document, long_text("beta"))
    world.trash(document)
    assert world.titles("filler") == []
    assert world.titles("one") == []


@pytest.mark.parametrize(
    "odd", ["a\0alpha", "\ud800 alpha", "x" * 70_000 + " alpha", "\ue000alpha\uffff"]
)
def test_odd_text_is_no_error(world, odd):
    world.save("Odd", odd, filename=odd[:200], tags=("\ud800",), metadata={"a": odd})
    assert world.ask(q="alpha").status_code == 200


@pytest.mark.parametrize("text", [None, "with a text"])
def test_a_new_document_costs_two_statements_and_no_read(world, text):
    seen = []
    kind = world.host.databases.of(world.tenant.place)
    world.save("Warm", None)
    event.listen(kind.engine, "before_cursor_execute", note := _note(seen))
    world.save("One", text)
    event.remove(kind.engine, "before_cursor_execute", note)
    verbs = [s.split()[0] for s in seen if not s.startswith("BEGIN")]
    assert verbs in (["INSERT", "INSERT"], ["INSERT"])


def _note(seen):
    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    return note


@pytest.mark.parametrize("tables", [("search_document",), ("all",), ()])
def test_resync_rebuilds(world, tables):
    kept = world.save("Kept", "alpha", tags=("x",))
    gone = world.save("Gone", "alpha")
    world.save("Long", long_text("alpha"))
    with world.writing() as session:
        for table in tables_of(session(), tables):
            session().execute(text(f"DELETE FROM {table}"))
        del world.documents.mine[gone.id]  # went while the plugin was off
    with context.acting(world.tenant):
        assert logic.resync(None) == 2
    assert sorted(world.titles("alpha")) == ["Kept", "Long"]
    assert world.titles("kept", tag="x") == ["Kept"]
    assert world.search("alpha", count="true")["count"] == 2
    world.change(kept, title="Renamed")
    assert world.titles("renamed alpha") == ["Renamed"]


def tables_of(session, tables):
    every = ["search_document_tag", "search_part", "search_document"]
    if session.get_bind().dialect.name == "sqlite":
        every += ["search_text", "search_part_text"]
    return every if tables == ("all",) else tables


def test_text_of_a_document_that_was_missed_is_taken(world):
    document = world.save("One")
    with world.writing():
        logic.forget([document.id])
        hooks.join("document_text_saved", document=document, text="alpha")
    assert world.titles("one alpha") == ["One"]


def test_pieces_lose_nothing():
    words = [f"w{n}" for n in range(30_000)]
    parts = list(folding.pieces(" ".join(words)))
    assert len(parts) > 2
    assert all(len(part) <= folding.PIECE for part in parts)
    assert set(" ".join(parts).split()) == set(words)
    assert list(folding.pieces("")) == [""]
    unbroken = "".join(map(chr, range(0x4E00, 0x9F00))) * 3
    found = "".join(folding.pieces(unbroken))
    assert set(unbroken) == set(found)
    assert len(unbroken) <= len(found) <= len(unbroken) + 2 * folding.OVERLAP


def test_every_letter_there_is_can_be_indexed(world):
    letters = "".join(map(chr, range(0x20000, 0x2A6DF)))
    world.save("One", letters[:50_000], metadata={"all": letters[::-1]})
    assert world.titles("one") == ["One"]


def test_resync_fails_loudly_where_nobody_answers(world):
    world.save("One", "alpha")
    world.documents.answers = False
    try:
        with context.acting(world.tenant), pytest.raises(UnavailableError):
            logic.resync(None)
        assert world.ask(q="alpha").status_code == 503
    finally:
        world.documents.answers = True
    assert world.titles("alpha") == ["One"]


@pytest.mark.parametrize("text", ["alpha beta", "café alpha", "alpha " * 20_000, ""])
def test_a_text_that_comes_with_its_document_is_found_like_one_that_comes_later(
    world, text
):
    at_once = world.save("At once", text)
    later = world.save("Later", None)
    world.put(later, text)
    hits = world.ask(q="alpha").json["items"]
    assert {h["document"]["title"] for h in hits} == (
        {"At once", "Later"} if text else set()
    )
    assert len({hit["snippet"] for hit in hits}) == (1 if text else 0)
    world.put(at_once, "gamma")
    world.put(later, "gamma")
    assert world.ask(q="alpha").json["items"] == []
    assert len(world.ask(q="gamma").json["items"]) == 2
