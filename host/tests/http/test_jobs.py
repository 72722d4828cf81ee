"""``/vault/jobs``: to look at, to cancel and to have tried again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from archivolt_host.jobs import bus, groups
from archivolt_host.jobs.registry import Job, jobs
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]

OF_FEW = ("ix_host_job_not_done", "ix_host_job_due", "ix_host_job_leased")
DONE = {
    "name": "notes.write_later",
    "queue": "medium",
    "arguments": {},
    "status": "done",
    "max_attempts": 1,
    "run_at": now(),
    "actor_id": uuid7(),
}


@pytest.fixture(autouse=True)
def here(notes, tenant):
    with context.acting(tenant):
        yield tenant


@pytest.fixture
def put(monkeypatch):
    def put(function=None, **options):
        made = jobs().get("notes.write_later")
        sent = {"text": "a"}
        if function is not None:
            made = Job("notes.made", function, plugin="notes", retries=1)
            monkeypatch.setitem(jobs()._jobs, made.name, made)
            sent = {}
        with sessions.transaction():
            return bus.enqueue(made, **sent, **options)

    return put


def elsewhere(send, address):
    """Send a request as another process would, while a job runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(send, address).result()


def count_notes():
    with sessions.reading() as work:
        return work.session.scalar(text("SELECT count(*) FROM notes_note"))


def test_jobs_are_listed_in_pages_and_narrowed(client_as, run_jobs):
    ada, grace, admin = client_as("ada"), client_as("grace"), client_as("admin")
    for words in "abc":
        ada.post("/vault/notes/later", json={"text": words})
    grace.post("/vault/notes/later", json={"text": "g"})
    first = ada.get("/vault/jobs?limit=2").json
    rest = ada.get(f"/vault/jobs?limit=2&cursor={first['next']}").json
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert len(admin.get("/vault/jobs?status=queued").json["items"]) == 4
    assert admin.get("/vault/jobs?mine=true").json["items"] == []
    run_jobs()
    assert admin.get("/vault/jobs?status=queued").json["items"] == []
    done = admin.get("/vault/jobs?status=done&queue=medium&name=notes.write_later")
    assert len(done.json["items"]) == 4
    assert admin.get("/vault/jobs?status=odd").status_code == 400
    assert admin.get("/vault/jobs?cursor=bm90aGluZw").status_code == 400


@pytest.mark.parametrize("status", ["failed", "cancelled", "queued", "running"])
def test_what_is_not_done_is_found_among_very_many_that_are(client_as, here, status):
    asked = []
    with sessions.transaction() as work:
        on_sqlite = work.connection.dialect.name == "sqlite"
        many = [{"id": uuid7(), **DONE} for _ in range(3000)]
        work.connection.execute(bus.TABLE.insert(), many)
        listen = (work.connection.engine, "before_cursor_execute")

    def note(_, __, statement, parameters, *___):
        if "FROM host_job" in statement and "LIMIT" in statement:
            asked.append((statement, parameters))

    event.listen(*listen, note)
    answer = client_as("admin").get(f"/vault/jobs?status={status}")
    event.remove(*listen, note)
    assert answer.json["items"] == []
    with sessions.transaction() as work:
        if not on_sqlite:
            work.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN "
        [(statement, sent)] = asked
        plan = work.connection.exec_driver_sql(explain + statement, sent).all()
    assert [name for name in OF_FEW if name in str(plan)]


def test_a_job_that_waits_is_cancelled_at_once(client_as, run_jobs):
    ada, grace = client_as("ada"), client_as("grace")
    id = ada.post("/vault/notes/later", json={"text": "a"}).json["job"]
    assert grace.post(f"/vault/jobs/{id}/cancel").status_code == 404
    answer = ada.post(f"/vault/jobs/{id}/cancel")
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert run_jobs() == []
    assert ada.post(f"/vault/jobs/{id}/cancel").status_code == 409
    assert ada.post(f"/vault/jobs/{id}/retry").json["status"] == "queued"
    run_jobs()
    assert count_notes() == 1


def test_a_job_that_runs_is_cancelled_at_its_next_commit(client_as, put, run_jobs):
    admin, ids = client_as("admin"), []

    def write():
        answer = elsewhere(admin.post, f"/vault/jobs/{ids[0]}/cancel")
        assert answer.json["status"] == "cancelled"
        insert = text("INSERT INTO notes_note (id, text) VALUES (:id, 'x')")
        sessions.connection().execute(insert, {"id": uuid7().hex})

    ids.append(put(write))
    run_jobs()
    assert admin.get(f"/vault/jobs/{ids[0]}").json["status"] == "cancelled"
    assert count_notes() == 0


def test_a_failed_job_shows_its_attempts_and_can_be_tried_again(
    client_as, put, run_jobs
):
    admin, is_broken = client_as("admin"), [True]

    def work():
        if is_broken[0]:
            raise RuntimeError("no luck")

    id = put(work)
    for _ in range(2):
        run_jobs()
        with sessions.transaction() as unit:
            unit.connection.execute(text("UPDATE host_job SET run_at = created_at"))
    shown = admin.get(f"/vault/jobs/{id}").json
    assert shown["status"] == "failed"
    assert [one["number"] for one in shown["history"]] == [1, 2]
    assert {one["problem"] for one in shown["history"]} == {"RuntimeError: no luck"}
    is_broken.clear()
    is_broken.append(False)
    assert admin.post(f"/vault/jobs/{id}/retry").json["attempts"] == 0
    run_jobs()
    assert admin.get(f"/vault/jobs/{id}").json["status"] == "done"
    assert admin.post(f"/vault/jobs/{id}/retry").status_code == 409


def test_when_the_last_of_a_group_has_ended_the_callback_runs(put, run_jobs, here):
    write = jobs().get("notes.write_later")
    members = [(write, {"text": str(n)}) for n in range(3)]
    with sessions.transaction():
        group = groups.enqueue_group(members, then=group_done(), text="all done")
    with sessions.transaction():
        bus.enqueue(write, text="later member", group=group, delay=timedelta(hours=1))
    run_jobs()
    assert count_notes() == 3
    with sessions.transaction() as unit:
        unit.connection.execute(text("UPDATE host_job SET run_at = created_at"))
    run_jobs()
    with sessions.reading() as unit:
        texts = unit.session.scalars(text("SELECT text FROM notes_note")).all()
        found = groups.get(group)
    assert f"all done {group}" in texts
    assert (found.total, found.pending, found.failed) == (4, 0, 0)


def test_an_empty_group_is_done_at_once(run_jobs):
    with sessions.transaction():
        groups.enqueue_group([], then=group_done(), text="nothing to do")
    run_jobs()
    assert count_notes() == 1


def group_done():
    def write(text, group_id):
        jobs().get("notes.write_later").run(f"{text} {group_id}")

    made = Job("notes.group_done", write, plugin="notes")
    jobs()._jobs[made.name] = made
    return made


def test_progress_is_shown_while_a_job_runs_and_stops_one_that_was_cancelled(
    client_as, put, run_jobs
):
    from archivolt_host.jobs.running import progress

    admin, ids, seen = client_as("admin"), [], []

    def work():
        progress(0.5)
        seen.append(elsewhere(admin.get, f"/vault/jobs/{ids[0]}").json["progress"])
        elsewhere(admin.post, f"/vault/jobs/{ids[0]}/cancel")
        progress(0.9)
        seen.append("went on")

    ids.append(put(work))
    run_jobs()
    assert seen == [0.5]
