"""Sealing: by several at once, through crashes, a minute after a write."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from archivolt_core_audit.outside import outside
from archivolt_core_audit.seals import logic

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_documents"),
    pytest.mark.placements,
]


@pytest.fixture
def given(host):
    """Return the file of seals outside."""

    def find():
        (file,) = (host.home.path / "seals" / "acme").glob("*.jsonl")
        return file

    return find


def test_several_sealers_at_once_make_one_chain(folders, seal, verify, monkeypatch):
    monkeypatch.setattr(logic, "BATCH", 3)
    folders(*(f"folder {n}" for n in range(20)))

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: seal(), range(4)))

    verdict = verify()
    assert verdict.problems == []
    assert verdict.sealed == sum(counts)
    assert verdict.unsealed == 0


def test_a_seal_that_a_crash_kept_inside_is_given_away_next(
    folders, seal, verify, monkeypatch
):
    folders("a")
    monkeypatch.setattr(type(outside()), "append", lambda *_: 1 / 0)
    seal()
    monkeypatch.undo()
    assert verify().problems == []
    assert verify().seals == 0

    assert seal() == 0

    assert verify().seals == 1


def test_a_line_that_a_crash_left_unfinished_is_written_anew(
    folders, seal, verify, given
):
    folders("a")
    seal()
    whole = given().read_text()
    given().write_text(whole + whole[:40])
    folders("b")

    seal()

    assert verify().problems == []
    assert verify().seals == 2


def test_what_is_written_is_sealed_by_a_job_of_its_own(
    folders, sql, run_jobs, verify, tenant
):
    folders("a", "b")
    waiting = "SELECT count(*) FROM host_job WHERE name = 'core_audit.seal'"
    assert sql(waiting) == [(1,)]

    sql("UPDATE host_job SET run_at = created_at WHERE name = 'core_audit.seal'")
    (job,) = run_jobs()

    assert job.name == "core_audit.seal"
    assert verify().unsealed == 0
    assert verify().sealed == job.result


def test_another_tenant_of_the_same_name_begins_anew(
    folders, seal, given, host, tenant
):
    folders("a")
    seal()

    assert given().stem == str(tenant.id)
    assert oct(given().stat().st_mode)[-3:] == "600"
    assert oct((host.home.path / "seals" / "key").stat().st_mode)[-3:] == "600"
