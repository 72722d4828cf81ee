"""Uploads while clients, Valkey and processes die: nothing half, nothing left over."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor


def test_a_client_that_hangs_up_halfway_leaves_nothing(one):
    before = one.contents()
    for sent in (0, 1, 100_000):
        connection = one.begin(1_000_000, b"h" * sent)
        one.until(lambda: len(one.incoming()) == 1)
        connection.close()
        one.until(lambda: one.incoming() == [])
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
    )
    connection = one.begin(
        5000, form, **{"Content-Type": "multipart/form-data; boundary=x"}
    )
    one.until(lambda: len(one.incoming()) == 1)
    connection.close()
    one.until(lambda: one.incoming() == [])
    assert one.contents() == before


def test_a_chunked_upload_is_asked_for_its_length(one):
    status, problem = one.ask(
        "POST",
        "/documents",
        iter([b"a piece"]),
        {
            "Content-Disposition": "attachment; filename=a",
            "Transfer-Encoding": "chunked",
        },
    )
    assert (status, problem["code"]) == (411, "length_required")
    connection = one.begin(
        0, b"1\r\na\r\n0\r\n\r\n", **{"Transfer-Encoding": "chunked"}
    )
    assert connection.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 411")
    assert one.incoming() == []


def test_lengths_that_are_none_are_refused(one):
    for length in ("-1", "x", "1e3", "99999999999999999999999999"):
        connection = one.begin(length, b"some")
        assert connection.recv(10) == b"HTTP/1.1 4", length
    assert one.incoming() == []


def test_bytes_behind_the_body_are_no_part_of_it(one):
    connection = one.begin(4, b"1234567890")
    assert connection.recv(12) == b"HTTP/1.1 201"
    [newest] = one.ask("GET", "/documents?limit=1")[1]["items"]
    assert newest["size"] == 4


def test_uploads_go_on_without_valkey_and_texts_follow(one):
    [valkey] = one.pids("valkey")
    [supervisor] = [one.process.pid]
    os.kill(supervisor, signal.SIGSTOP)  # or it starts another at once
    try:
        os.kill(valkey, signal.SIGKILL)
        began = time.monotonic()
        made = [one.add(f"<html><p>words {n}".encode()) for n in range(5)]
        assert time.monotonic() - began < 20  # nobody waits for Valkey
        path = f"/documents/{made[0]['id']}"
        assert one.ask("GET", path)[1]["text_status"] == "pending"
        one.until(lambda: one.ask("GET", "/health/ready")[0] == 503)
    finally:
        os.kill(supervisor, signal.SIGCONT)
    for each in made:
        path = f"/documents/{each['id']}"
        one.until(lambda p=path: one.ask("GET", p)[1]["text_status"] == "done", 30)


SLOW_COMMIT = """
CREATE TRIGGER slow AFTER INSERT ON documents_version BEGIN
  SELECT count(*) FROM (
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e8)
    SELECT i FROM n);
END
"""


def test_a_killed_web_process_leaves_what_the_sweep_removes(one):
    """kill -9 between the link and the commit: a trigger makes that take long."""
    import sqlite3

    kept = one.add(b"kept")
    before = len(one.contents())
    [file] = one.home.glob("tenants/*demo*.db")
    with sqlite3.connect(file) as database:
        database.execute(SLOW_COMMIT)
    database.close()
    [web] = one.pids("web")
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(one.begin(4, b"lost").recv, 10)
        one.until(lambda: len(one.contents()) == before + 1)
        os.kill(web, signal.SIGKILL)
        assert lost.exception() or lost.result() == b""
    one.until(lambda: one.pids("web") not in ([web], []))
    assert len(one.contents()) == before + 1
    assert len(one.incoming()) == 1
    one.until(lambda: one.ask("GET", "/documents")[0] == 200)
    assert one.ask("GET", "/documents?limit=1")[1]["items"][0]["id"] == kept["id"]
    with sqlite3.connect(file) as database:
        database.execute("DROP TRIGGER slow")
    database.close()
    one.sweep()
    one.until(lambda: len(one.contents()) == before)
    assert one.add(b"kept")["sha256"] in one.contents()
