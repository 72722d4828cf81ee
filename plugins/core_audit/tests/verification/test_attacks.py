"""Whoever owns the database can change anything in it, and is found out."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_documents"),
    pytest.mark.placements,
]
NTH = "(SELECT id FROM audit_link WHERE seq = {})"
SWAPPED = ("action", "kind", "object", "before", "after")


@pytest.fixture
def sealed(folders, seal):
    """Two seals, of which the second is of all that was written."""
    folders("a", "b", "c")
    first = seal()
    folders("d", "e")
    return first + seal()


def problems(verdict):
    return [problem for _, problem in verdict.problems]


def test_what_nobody_touched_is_as_it_was_sealed(sealed, verify, folders):
    folders("not sealed", "nor this")

    verdict = verify()

    assert problems(verdict) == []
    assert (verdict.sealed, verdict.unsealed, verdict.seals) == (sealed, 2, 2)


@pytest.mark.parametrize(
    "column",
    ["actor_name", "action", "object", "after", "address", "user_agent", "request_id"],
)
def test_a_changed_entry_is_named(sealed, attacker, verify, column):
    attacker.sql(f"UPDATE audit_entry SET {column} = 'x' WHERE id = {NTH.format(4)}")

    (problem,) = problems(verify())

    assert problem.startswith("Entry 4 ")
    assert "changed after it was sealed" in problem


@pytest.mark.parametrize("change", ["actor = NULL", "on_behalf_of = actor", "at = at2"])
def test_who_and_when_are_sealed_too(sealed, attacker, verify, change, placement):
    later = {
        "sqlite": "replace(at, '.', '.1')",
        "schema": "at + interval '1 microsecond'",
    }
    change = change.replace("at2", later[placement])
    attacker.sql(f"UPDATE audit_entry SET {change} WHERE id = {NTH.format(3)}")

    (problem,) = problems(verify())

    assert problem.startswith("Entry 3 ")


def test_a_deleted_entry_is_named(sealed, attacker, verify):
    attacker.sql(f"DELETE FROM audit_entry WHERE id = {NTH.format(2)}")

    (problem,) = problems(verify())

    assert problem.startswith("Entry 2 ")
    assert "is gone" in problem


def test_an_entry_deleted_with_its_link_is_named(sealed, attacker, verify):
    attacker.sql(
        f"DELETE FROM audit_entry WHERE id = {NTH.format(2)}",
        "DELETE FROM audit_link WHERE seq = 2",
    )

    assert problems(verify())[0] == "The chain does not lead from link 1 to 3."


def test_two_swapped_entries_are_named(sealed, attacker, verify):
    attacker.sql(
        f"CREATE TABLE kept AS SELECT * FROM audit_entry WHERE id = {NTH.format(3)}",
        *(
            f"UPDATE audit_entry SET {c} = (SELECT {c} FROM audit_entry"
            f" WHERE id = {NTH.format(4)}) WHERE id = {NTH.format(3)}"
            for c in SWAPPED
        ),
        *(
            f"UPDATE audit_entry SET {c} = (SELECT {c} FROM kept)"
            f" WHERE id = {NTH.format(4)}"
            for c in SWAPPED
        ),
    )

    first, second = problems(verify())

    assert first.startswith("Entry 3 ")
    assert second.startswith("Entry 4 ")


def test_a_boundary_moved_between_two_columns_is_named(sealed, attacker, verify):
    """What is hashed together is told apart: no text slips into the next column."""
    attacker.sql(
        "UPDATE audit_entry SET action = 'documents.folder', kind ="
        f" '.create' || kind WHERE id = {NTH.format(3)}"
    )

    assert problems(verify())[0].startswith("Entry 3 ")


def test_a_chain_that_was_made_anew_is_another_one(sealed, attacker, verify):
    """The links are changed along with the entry: the seal tells."""
    attacker.sql(
        f"DELETE FROM audit_entry WHERE id = {NTH.format(sealed)}",
        f"DELETE FROM audit_link WHERE seq = {sealed}",
        "DELETE FROM audit_seal WHERE number = 2",
    )

    assert "cut off" in problems(verify())[0]


def test_a_truncated_journal_is_named(sealed, attacker, verify):
    attacker.sql(*(f"DELETE FROM {t}" for t in ("audit_entry", "audit_link")))

    assert f"of {sealed} entries, and the database has 0" in problems(verify())[-1]


def test_a_restored_older_copy_is_named_and_never_sealed(
    folders, seal, attacker, verify, caplog, tenant
):
    folders("a", "b")
    first = seal()
    attacker.copy()
    folders("c")
    seal()
    attacker.restore()

    (problem,) = problems(verify())
    assert problem == (
        f"Seal 2 outside is of {first + 1} entries, and the database has {first}: "
        "the journal was cut off, or restored from an older copy."
    )
    folders("d")
    with pytest.raises(Exception, match="restored from an older copy"):
        seal()
    assert "cut off" in problems(verify())[0]


def test_an_entry_put_among_old_ones_is_named(sealed, attacker, verify, seal, sql):
    backdated = "SELECT * FROM audit_entry LIMIT 1"
    columns = "at, actor_name, action, kind, object, address, user_agent, request_id"
    attacker.sql(
        f"CREATE TABLE forged AS {backdated}",
        "UPDATE forged SET id = '01980000000070008000000000000001',"
        " at = '2026-01-01 00:00:00.000000'",
        f"INSERT INTO audit_entry (id, {columns}) SELECT id, {columns} FROM forged",
    )
    seal()

    (problem,) = problems(verify())

    assert "01980000000070008000000000000001 was put among" in problem


def test_a_seal_that_is_missing_or_forged_outside_is_named(
    sealed, folders, seal, verify, host, tenant
):
    folders("f")
    seal()
    (file,) = (host.home.path / "seals" / "acme").iterdir()
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0])
    assert problems(verify())[0] == "Seal 2 is missing outside."

    file.write_text(lines[0] + lines[1] + lines[2].replace("to_seq", "to_seo"))
    assert problems(verify())[0] == "Line 3 of the seals outside is not a seal."

    number = '\\"number\\":3'
    file.write_text("".join(lines).replace(number, '\\"number\\":4'))
    assert "Seal 4 outside was not signed by us." in problems(verify())

    file.write_text("".join(lines))
    assert problems(verify()) == []
