"""Nobody passes for somebody else by letters that only look the same."""

import pytest

from archivolt_core_identity import names
from archivolt_host.kit.errors import InvalidError

CYRILLIC_ACE = "\u0430\u0441\u0435"
MIXED_ADMIN = "\u0430dmin"  # Cyrillic a


@pytest.mark.parametrize(
    "name",
    [
        MIXED_ADMIN,
        "\u03bfscar",  # Greek omicron
        "admin\u200b",  # a space of no width
        "admin\u202enimda",  # read backwards
        "a\u0000b",
        "tab\tbed",
        "",
        "   ",
        "x" * 151,
    ],
)
def test_a_disguised_or_unreadable_name_is_refused(name):
    with pytest.raises(InvalidError):
        names.check(name)


@pytest.mark.parametrize(
    "name",
    ["grace", "Zoë", "Müller 2", "иван", "Γιώργος", "山田タロー", "김철수", "o'neill"],
)
def test_a_name_in_one_script_is_a_name(name):
    names.check(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Admin", " ADMIN "),
        ("\uff41dmin", "admin"),
        ("Zoe\u0308", "Zoë"),
        ("ﬁn", "fin"),
    ],
)
def test_forms_of_one_name_are_one_name(one, other):
    assert names.key(one) == names.key(other)


@pytest.mark.placements
def test_a_whole_name_that_looks_like_anothers_is_refused(tenant, client_as):
    admin = client_as("admin")

    def add(name):
        return admin.post("/vault/users", json={"username": name})

    assert add("ace").status_code == 201
    answer = add(CYRILLIC_ACE)
    assert answer.status_code == 409
    assert "looks like the name of another user" in answer.json["detail"]
    assert add(MIXED_ADMIN).status_code == 400
    assert add("\uff41\uff43\uff45").status_code == 409
    assert add("\u0441\u043e\u0440\u0435").status_code == 201
    assert add("cope").status_code == 409
