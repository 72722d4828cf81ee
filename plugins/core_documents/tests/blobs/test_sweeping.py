"""Whatever dies or is thrown away: no content is left over, none is missing."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from archivolt_core_documents.blobs import blobs
from archivolt_host.kit.testing import unrecorded

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


@pytest.fixture
def sweep(vault, run_jobs):
    """Run the host's hourly sweep with the real worker."""
    from archivolt_host.jobs import bus
    from archivolt_host.jobs.duties import sweep

    def run():
        with vault.writing():
            bus.enqueue(sweep, unique="test")
        jobs = run_jobs()
        assert {job.status for job in jobs} == {"done"}
        return jobs

    return run


def leave(vault, content, *, linked, age=7200):
    """Leave what a killed upload leaves."""
    with vault.acting():
        incoming = blobs().receive(vault.tenant.slug, os.urandom(8).hex())
    incoming.write(content)
    incoming.finish()
    if linked:
        incoming.keep()
    path = incoming.path()
    incoming._file.close()  # as the kernel does for the dead
    incoming._release()
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_killed_uploads_left_is_swept_away(vault, sweep):
    leave(vault, b"half", linked=False)
    leave(vault, b"linked, never committed", linked=True)
    assert len(vault.incoming()) == 2
    assert len(vault.blobs()) == 1
    sweep()
    vault.is_clean()
    assert vault.blobs() == set()


def test_a_leftover_of_a_content_in_use_costs_nobody_the_content(vault, sweep):
    made = vault.add(b"in use")
    leave(vault, b"in use", linked=True)
    sweep()
    vault.is_clean()
    assert vault.content(f"/documents/{made['id']}/content").data == b"in use"


def test_what_is_fresh_or_still_written_is_left_alone(vault, sweep):
    fresh = leave(vault, b"fresh", linked=True, age=60)
    with vault.acting():
        slow = blobs().receive(vault.tenant.slug, "slow")
    slow.write(b"so far")
    os.utime(slow.path(), (time.time() - 7200,) * 2)
    sweep()
    assert set(vault.incoming()) == {fresh, slow.path()}
    slow.abandon()
    os.utime(fresh, (0, 0))
    sweep()
    vault.is_clean()


@pytest.mark.settings(core_documents={"trash_days": 0})
def test_the_trash_is_purged_with_its_contents_but_for_shared_ones(vault, sweep):
    kept = vault.add(b"shared", tags="a")
    gone = [vault.add(b"shared"), vault.add(b"alone", tags="b")]
    vault.upload(b"alone 2", path=f"/documents/{gone[1]['id']}/versions")
    for document in gone:
        vault.delete(f"/documents/{document['id']}")
    sweep()
    assert vault.get("/trash")["items"] == []
    assert vault.blobs() == {kept["sha256"]}
    for table in ("document", "version", "tag"):
        assert len(vault.sql(f"SELECT * FROM documents_{table}")) == 1


def test_the_trash_keeps_for_as_long_as_it_is_set(vault, sweep):
    """30 days, as shipped."""
    made = vault.add(b"x")
    vault.delete(f"/documents/{made['id']}")
    sweep()
    assert len(vault.get("/trash")["items"]) == 1
    old = (
        "UPDATE documents_document SET trashed_at = '2026-01-01 00:00:00.000000+00:00'"
    )
    if vault.host.manifest.host["default_placement"] == "sqlite":
        old = old.replace("+00:00", "")
    with vault.writing() as connection:
        connection.execute(unrecorded(old))
    sweep()
    assert vault.get("/trash")["items"] == []
    assert vault.blobs() == set()


@pytest.mark.settings(core_documents={"trash_days": 0})
def test_a_crash_after_the_purge_leaves_no_content(vault, in_tenant, run_jobs):
    """The contents go by a job that is written together with the purge."""
    from archivolt_core_documents.documents import orchestrators

    made = vault.add(b"x")
    run_jobs()
    vault.delete(f"/documents/{made['id']}")
    with in_tenant(vault.tenant):
        orchestrators.empty_trash.run()
    assert vault.blobs() == {made["sha256"]}  # here the process may die
    [job] = run_jobs()
    assert (job.name, job.result) == ("core_documents.discard_contents", 1)
    assert vault.blobs() == set()


@pytest.mark.settings(core_documents={"trash_days": 0})
def test_sweeping_takes_no_content_from_uploads_and_stops_nobody(
    vault, open_vault, run_jobs
):
    """Contents come, go and come again while others are swept away."""
    from archivolt_core_documents.documents import orchestrators

    done = threading.Event()
    users = [open_vault(name) for name in ("ada", "grace", "linus")]

    def work(mine):
        for turn in range(12):
            answer = mine.upload(f"content {turn % 2}".encode())
            assert answer.status_code == 201, answer.text
            path = answer.headers["Location"].removeprefix("/vault")
            assert mine.content(f"{path}/content").status_code == 200
            if turn % 3:
                assert mine.delete(path).status_code == 204

    def clear():
        while not done.is_set():
            leave(vault, b"content 0", linked=True)
            with vault.writing():
                orchestrators.empty_trash.run()
                orchestrators.clear_later(time.time() - 3600)
            run_jobs()

    with ThreadPoolExecutor(4) as pool:
        clearing = pool.submit(clear)
        try:
            list(pool.map(work, users))
        finally:
            done.set()
        clearing.result()
    assert vault.blobs() >= vault.referenced()
    for document in vault.pages("/documents?sort=title", 200):
        assert vault.content(f"/documents/{document['id']}/content").data
    sweep_all_of(vault, run_jobs)


def sweep_all_of(vault, run_jobs):
    """Sweep as if everything were old."""
    from archivolt_core_documents.documents import orchestrators

    with vault.writing():
        orchestrators.empty_trash.run()
        orchestrators.clear_later(time.time() + 60)
    run_jobs()


@pytest.mark.settings(core_documents={"trash_days": 0})
def test_what_is_being_kept_is_not_deleted_before_its_commit(vault):
    """The row is not to be seen yet, so only the lock tells."""
    from archivolt_core_documents.contents import Received
    from archivolt_core_documents.documents import logic

    made = vault.add(b"again")
    vault.delete(f"/documents/{made['id']}")
    with vault.writing():
        [sha256] = logic.purge_trash()

    def discard():
        with vault.acting():
            return logic.discard(vault.tenant.slug, sha256)

    with ThreadPoolExecutor(1) as pool:
        with vault.writing():
            incoming = blobs().receive(vault.tenant.slug, "again")
            incoming.write(b"again")
            logic.create(Received(incoming, "a.txt", incoming.finish(), "x/y"), {})
            deleted = pool.submit(discard)
            threading.Event().wait(0.2)
            assert not deleted.done()
        assert deleted.result() is False
    assert vault.blobs() == {sha256}


SPOILER = """
    from sqlalchemy import text

    from archivolt_hookspecs import hookimpl
    from archivolt_host.kit.db import session

    class Plugin:
        @hookimpl
        def document_saved(self, document):
            if document.title == "spoiled":
                missing = {"id": "0" * 32}
                into = "INSERT INTO documents_tag (tag, document_id) VALUES ('x', :id)"
                session().execute(text(into), missing)
"""


@pytest.fixture
def spoiler(make_plugin):
    make_plugin("spoiler", SPOILER)


@pytest.mark.plugins("core_identity", "core_documents", "spoiler")
def test_what_fails_after_the_content_was_linked_leaves_none(spoiler, vault, refused):
    """A plugin writes what a foreign key refuses: at the insert, or at the commit."""
    refused(vault.upload(b"x", title="spoiled"), 409, "contradicts")
    vault.is_clean()
    made = vault.add(b"x", title="good")
    refused(vault.upload(b"x", title="spoiled"), 409, "contradicts")
    assert vault.content(f"/documents/{made['id']}/content").data == b"x"
    answer = vault.upload(
        b"y", path=f"/documents/{made['id']}/versions"
    )  # saved as "good"
    assert answer.status_code == 201
    assert vault.patch(f"/documents/{made['id']}", title="spoiled").status_code == 409
    assert vault.titles() == ["good"]
