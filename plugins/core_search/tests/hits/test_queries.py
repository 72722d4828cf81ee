"""Every form of a query, on both databases."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_all_words_must_be_there(world):
    world.save("One", "alpha beta")
    world.save("Two", "alpha gamma")
    assert world.titles("alpha beta") == ["One"]
    assert world.titles("alpha delta") == []


def test_words_may_be_in_different_fields(world):
    world.save(
        "Annual",
        "figures",
        filename="q3_results-2024.xlsx",
        tags=("finance",),
        metadata={"customer": "Acme", "deep": [{"number": 4711}], "paid": True},
    )
    for q in ("annual figures", "results finance", "acme 4711", "2024 xlsx annual"):
        assert world.titles(q) == ["Annual"], q
    assert world.titles("customer") == []


def test_phrases_want_their_order_and_stay_in_one_field(world):
    world.save("Green", "the energy is green")
    world.save("Title", "the green energy plan")
    assert world.titles('"green energy"') == ["Title"]
    assert world.titles('"energy plan" green') == ["Title"]
    assert world.titles('"title the"') == []


def test_what_is_written_together_is_a_phrase(world):
    world.save("One", "mail jane.doe@example.com about report.pdf")
    world.save("Two", "com example doe jane pdf report")
    assert world.titles("jane.doe@example.com") == ["One"]
    assert world.titles("report.pdf") == ["One"]


def test_minus_leaves_out(world):
    world.save("One", "alpha beta")
    world.save("Two", "alpha gamma delta")
    assert world.titles("alpha -beta") == ["Two"]
    assert world.titles('alpha -"gamma delta"') == ["One"]
    assert world.titles("alpha -gam*") == ["One"]
    assert world.titles("alpha - beta") == ["One"]


def test_a_star_is_an_open_end(world):
    world.save("One", "contractual terms")
    assert world.titles("contr*") == ["One"]
    assert world.titles("contr") == []
    assert world.titles('"contractual te"*') == ["One"]
    assert world.titles("*tractual") == []


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Résumé", "resume"),
        ("resume", "RÉSUMÉ"),
        ("Straße", "STRASSE"),
        ("ÅNGSTRÖM", "angstrom"),
        ("e\u0301cole", "\xe9cole"),  # one decomposed, the other composed
        ("ﬁnance", "finance"),
        ("İstanbul", "istanbul"),
        ("co\xadoperate", "cooperate"),
        ("Ελλάς", "ΕΛΛΑΣ"),
        ("हिन्दी", "हिन्दी"),
        ("مُحَمَّد", "محمد"),
        ("한국어", "한국어"),
    ],
)
def test_case_and_accents_make_no_difference(world, written, asked):
    world.save("One", f"a {written} b")
    assert world.titles(asked) == ["One"]
    assert f"<mark>{written}</mark>".replace("e\u0301", "\xe9") in world.snippet(asked)


def test_scripts_without_spaces_are_found_by_any_part(world):
    world.save("Japan", "東京都庁で会議があります。がく")
    world.save("Thai", "ภาษาไทยง่ายมาก")
    assert world.titles("東京") == ["Japan"]
    assert world.titles("会議") == ["Japan"]
    assert world.titles("京東") == []
    assert world.titles("か\u3099く") == ["Japan"]
    assert world.titles("ไทย") == ["Thai"]
    assert world.snippet("都庁") == "東京<mark>都庁</mark>で会議があります。がく"


@pytest.mark.parametrize(
    "q", ["-alpha", '-"a b" -c', "...", "*", '"', '""', "- *", "🙂"]
)
def test_a_query_that_finds_nothing_in_particular_is_refused(world, q):
    answer = world.ask(q=q)
    assert answer.status_code == 400
    assert answer.json["errors"].keys() == {"q"}


@pytest.mark.parametrize("q", [None, "", "x" * 1001, "a\0b"])
def test_a_query_has_1_to_1000_storable_characters(world, q):
    assert world.ask(**({} if q is None else {"q": q})).status_code == 400


ODD = [
    '"unbalanced alpha',
    "alpha AND",
    "OR alpha",
    "NOT alpha",
    "NEAR(alpha beta, 2)",
    "title:alpha",
    "{title body} : alpha",
    "(alpha",
    "alpha)",
    "alpha + beta",
    "^alpha",
    "alpha*beta",
    "'alpha",
    "alpha\\",
    "alpha:*",
    "a <-> b",
    "!alpha & | beta",
    "alpha;--",
    "%_alpha",
    "a " * 500,
    "b" * 1000,
    "東" * 1000,
    "-x " * 300 + "alpha",
    "\ue000 alpha",
    "ﷺ" * 1000,
]


@pytest.mark.parametrize("q", ODD)
def test_no_syntax_of_a_database_leaks(world, q):
    world.save("One", "alpha beta near title")
    assert world.ask(q=q).status_code == 200


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.text(min_size=1, max_size=1000)
    | st.text(alphabet="ab \"-*():\\'&|!<>東é", min_size=1, max_size=40)
)
def test_no_query_is_a_fault(world, q):
    world.save("One", q)
    answer = world.ask(q=q)
    assert answer.status_code in (200, 400)


def test_operators_of_databases_are_plain_words(world):
    world.save("One", "alpha or beta")
    world.save("Two", "alpha")
    assert world.titles("alpha OR beta") == ["One"]
    assert world.titles("title:one") == []
