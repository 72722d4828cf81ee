"""``archivolt audit``, as an operator has it."""

import pytest
from click.testing import CliRunner

from archivolt_core_audit.verification import commands
from archivolt_core_audit.verification.orchestrators import verify
from archivolt_host.kit.errors import RefusedError

pytestmark = pytest.mark.plugins("core_identity", "core_audit", "core_documents")


@pytest.fixture
def run(tenant):
    def audit(*words):
        return CliRunner().invoke(commands.audit, [*words, "--tenant", tenant.slug])

    return audit


def test_an_untouched_journal_is_0_and_says_what_no_seal_is_about(run, folders):
    folders("a", "b")
    before = run("verify")
    assert before.exit_code == 0
    assert "entries are not sealed yet" in before.output

    assert "entries sealed" in run("seal").output
    folders("c")
    after = run("verify")

    assert after.exit_code == 0
    assert "are as they were sealed (1 seals)" in after.output
    assert "acme: 1 entries are not sealed since 20" in after.output


def test_a_changed_one_is_1_and_names_the_first_bad_row(
    run, folders, attacker, in_tenant, tenant
):
    folders("a", "b")
    run("seal")
    with in_tenant(tenant):
        assert verify.run() > 0
    attacker.sql("UPDATE audit_entry SET action = 'x'")

    verified = run("verify")

    assert verified.exit_code == 1
    assert verified.stdout.startswith("acme: Entry 1 (")
    with in_tenant(tenant), pytest.raises(RefusedError, match=r"sealed: Entry 1 \("):
        verify.run()  # as the weekly duty has it


def test_after_a_restore_that_was_meant_it_is_sealed_on(
    run, folders, attacker, verify, journal, host
):
    folders("a", "b")
    run("seal")
    attacker.copy()
    folders("c")
    run("seal")
    attacker.restore()
    assert run("verify").exit_code == 1
    assert "restored from an older copy" in str(run("seal").exception)

    said = run("begin-anew", "--reason", "the disk died").output

    assert "The seals until now are kept in" in said
    assert run("seal").exit_code == 0
    assert run("verify").exit_code == 0
    (row,) = journal(action="BEGIN_ANEW")
    assert row["before"]["number"] == 2
    assert row["after"] == {"reason": "the disk died"}
    assert len(list((host.home.path / "seals" / "acme").iterdir())) == 2
