"""Bodies that come slowly or not at all hold part of the threads, and not for good."""

import json
import time

SLOTS = 6  # of 8 threads


def read_answer(connection):
    """Return the status and the JSON of the answer on a bare connection."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), head.decode().lower(), json.loads(body)


def test_stalled_uploads_stop_nobody_and_make_room_again(one):
    made = one.add()
    [web] = one.pids("web")
    stalled = [one.begin(1000, b"x") for _ in range(16)]
    one.until(lambda: len(one.incoming()) == SLOTS)
    for _ in range(20):
        assert one.ask("GET", f"/documents/{made['id']}")[0] == 200
    status, head, problem = read_answer(one.begin(10, b"0123456789"))
    assert (status, problem["code"]) == (503, "unavailable")
    assert "retry-after: " in head
    assert "uploads" in problem["detail"]
    refused = 0
    for connection in stalled:  # whoever found no place was told so
        connection.setblocking(False)
        try:
            refused += connection.recv(12).startswith(b"HTTP/1.1 503")
        except BlockingIOError:
            continue
    assert refused == 16 - SLOTS
    one.until(lambda: one.pids("web") not in ([web], []))
    assert "all uploads have stalled" in one.said()
    assert one.add(b"after the stall")["size"] == 15
    assert len(one.incoming()) == SLOTS
    one.sweep()


def test_slow_uploads_are_given_their_time(one):
    """Above the slowest rate, and with all slots taken, an upload is not cut."""
    [web] = one.pids("web")
    size = 16 * 1024
    slow = [one.begin(size) for _ in range(SLOTS)]
    one.until(lambda: len(one.incoming()) == SLOTS)
    for _ in range(16):
        for connection in slow:
            connection.sendall(b"s" * 1024)
        assert one.ask("POST", "/auth/refresh", "{}", {})[0] in (400, 415, 503)
        time.sleep(0.3)
    assert {read_answer(connection)[0] for connection in slow} == {201}
    assert one.pids("web") == [web]


def test_stalled_uploads_among_others_do_not_end_the_process(one):
    [web] = one.pids("web")
    stalled = [one.begin(1000, b"x") for _ in range(SLOTS - 1)]
    one.until(lambda: len(one.incoming()) == SLOTS - 1)
    until = time.monotonic() + 4
    while time.monotonic() < until:
        one.add(b"y" * 200_000)
    assert one.pids("web") == [web]
    for connection in stalled:
        connection.close()
    one.until(lambda: one.incoming() == [])
