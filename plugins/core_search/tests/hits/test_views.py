"""The answers: order, filters, paging, escaping."""

from datetime import timedelta
from uuid import uuid4


def test_titles_weigh_more_than_text(world):
    world.save("Other", "contract filler words")
    world.save("Contract", "nothing of the kind")
    world.save("Other", "contract filler words")
    for n in range(9):
        world.save("Noise", f"words {n}")
    found = world.search("contract")["items"]
    assert [hit["document"]["title"] for hit in found] == ["Contract", "Other", "Other"]
    assert found[0]["score"] > found[1]["score"] > 0


def test_a_hit_shows_document_snippet_and_score(world):
    document = world.save("One", "alpha")
    [hit] = world.search("alpha")["items"]
    assert hit.keys() == {"document", "snippet", "score"}
    assert hit["document"] == {"id": str(document.id), "title": "One"}
    assert isinstance(hit["score"], float)


def test_snippets_are_escaped(world):
    world.save("<script>alert(1)</script>", "say <mark>alpha</mark> & <b>'beta'</b>")
    snippet = world.snippet("beta")
    assert "<b>" not in snippet
    assert "&lt;mark&gt;alpha&lt;/mark&gt; &amp; &lt;b&gt;" in snippet
    assert "<mark>beta</mark>" in snippet
    title = "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"
    assert world.snippet("script") == title


def test_snippets_have_the_words_of_the_setting(world):
    text = " ".join(f"w{n}" for n in range(100))
    world.save("One", text)
    snippet = world.snippet("w50")
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet.split()) == 24
    assert "w49 <mark>w50</mark> w51" in snippet


def test_filters_combine_with_the_query(world):
    folder = uuid4()
    one = world.save("Red one", "alpha", tags=("new", "hot"), folder_id=folder)
    later = one.created_at + timedelta(days=1)
    world.save("Blue two", "alpha", mime_type="application/pdf", created_at=later)
    assert world.titles("alpha", tag="hot") == ["Red one"]
    assert world.titles("alpha", tag="cold") == []
    assert world.titles("alpha", folder_id=folder) == ["Red one"]
    assert world.titles("alpha", mime_type="application/pdf") == ["Blue two"]
    assert world.titles("alpha", created_at__gte=later.isoformat()) == ["Blue two"]
    assert world.titles("alpha", created_at__lt=later.isoformat()) == ["Red one"]
    assert world.titles("alpha", title__contains="BLUE") == ["Blue two"]
    assert world.titles("alpha", title__contains="%") == []
    assert world.titles("alpha", tag="new", mime_type="application/pdf") == []


def test_filters_take_accents_in_either_form(world):
    world.save("Cafe\u0301", "alpha", tags=("e\u0301te\u0301",))
    for tag in ("e\u0301te\u0301", "\xe9t\xe9"):
        assert world.titles("alpha", tag=tag, title__contains="f\xe9") == ["Cafe\u0301"]


def test_odd_arguments_are_refused(world):
    for odd in (
        {"limit": 0},
        {"limit": 201},
        {"folder_id": "x"},
        {"created_at__gte": "2024-01-01T00:00:00"},
        {"colour": "red"},
        {"cursor": "x"},
    ):
        assert world.ask(q="alpha", **odd).status_code == 400, odd


def test_pages_of_equal_scores_have_no_gaps_or_doubles(world):
    ids = sorted(str(world.save("Same", "alpha beta").id) for _ in range(11))
    seen, cursor = [], {}
    while True:
        page = world.search("alpha", limit=3, **cursor)
        seen += [hit["document"]["id"] for hit in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ids


def test_pages_go_from_best_to_least(world):
    for n in range(12):
        world.save("Doc", "alpha " * (n % 5 + 1) + "filler " * n)
        world.save("Doc", "beta")
    whole = world.search("alpha")["items"]
    scores = [(-hit["score"], hit["document"]["id"]) for hit in whole]
    assert scores == sorted(scores)
    first = world.search("alpha", limit=5)
    answer = world.ask(q="alpha", limit=5, cursor=first["next"])
    assert 'rel="next"' in answer.headers["Link"]
    assert first["items"] + answer.json["items"] == whole[:10]


def test_a_cursor_belongs_to_its_query(world):
    for _ in range(3):
        world.save("One", "alpha beta")
    cursor = world.search("alpha", limit=1)["next"]
    assert world.ask(q="beta", limit=1, cursor=cursor).status_code == 400


def test_the_hits_are_counted_on_request(world):
    for n in range(5):
        world.save("One", "alpha", tags=("odd",) if n % 2 else ())
    assert world.search("alpha", limit=2, count="true")["count"] == 5
    assert world.search("alpha", tag="odd", count="true")["count"] == 2
    assert "count" not in world.search("alpha")


def test_strangers_are_refused(world):
    headers = {"Org": world.tenant.slug}
    assert world.web.get("/vault/search?q=a", headers=headers).status_code == 401


def test_tenants_never_see_each_other(world):
    other = world.new_tenant()
    world.save("Theirs", "alpha", tenant=other)
    world.save("Ours", "alpha")
    assert world.titles("alpha") == ["Ours"]
