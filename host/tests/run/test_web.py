import os
import signal
import socket
import threading
import time
import urllib.error


def test_both_processes_answer_and_a_killed_one_is_replaced(run, until):
    one = run().ready()
    both = set(map(str, one.pids("web")))
    until(lambda: {one.get() for _ in range(20)} == both)
    victim = one.pids("web")[0]
    os.kill(victim, signal.SIGKILL)
    refused, answers = 0, set()

    def both_answer():
        nonlocal refused
        try:
            answers.add(one.get())
        except (urllib.error.URLError, ConnectionError):
            refused += 1  # a connection that the dead one had accepted
        now = set(map(str, one.pids("web"))) - {str(victim)}
        return len(now) == 2 and now <= answers

    until(both_answer)
    assert refused <= 1


def test_a_request_under_way_is_finished_before_the_stop(run, until, tmp_path):
    entered = tmp_path / "entered"
    one = run(ENTERED=str(entered)).ready()
    told = []
    asking = threading.Thread(target=lambda: told.append(one.get("/slow")))
    asking.start()
    until(entered.exists)
    assert one.stop() == 0
    asking.join()
    assert told[0].isdigit()


def test_idle_connections_do_not_hold_up_the_stop(run):
    one = run().ready()
    host, port = one.address().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(9) == b"HTTP/1.1 "
        began = time.monotonic()
        assert one.stop() == 0
    assert time.monotonic() - began < 8  # not the 10 s that a request has


def test_an_upload_that_breaks_off_is_not_taken_for_a_whole_one(run, until, tmp_path):
    note = tmp_path / "note"
    one = run(UPLOADED=str(note)).ready()
    host, port = one.address().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        client.sendall(head + bytes(10))
    assert until(lambda: note.exists() and note.read_text()) == "ClientDisconnected"
