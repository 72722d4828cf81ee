"""Request bodies: who takes a slot, for how long, and what it costs."""

import threading
import time
from io import BytesIO

import pytest

from archivolt_host.errors import UnavailableError
from archivolt_host.http.bodies import LARGEST_PIECE, QUICK, Bodies


class Recording(BytesIO):
    """A body that notes how much was asked for at once."""

    largest = 0

    def read(self, size=-1):
        self.largest = max(self.largest, size)
        return super().read(size)


class Blocked:
    """A body that never comes, until it is let go."""

    def __init__(self):
        self.freed = threading.Event()

    def read(self, size=-1):
        self.freed.wait(10)
        return b""


def of(bodies, stream, length):
    environ = {"CONTENT_LENGTH": str(length), "wsgi.input": stream}
    return bodies.of(environ)


@pytest.fixture
def stall():
    """Begin bodies that stall, each in a thread of its own."""
    begun = []

    def start(bodies, count):
        for _ in range(count):
            stream = Blocked()
            body = of(bodies, stream, 1000)
            thread = threading.Thread(target=body.read, args=(100,))
            thread.start()
            begun.append((stream, thread))
        while len(bodies._held) < min(count, bodies.slots):
            time.sleep(0.001)

    yield start
    for stream, thread in begun:
        stream.freed.set()
        thread.join()


def test_a_request_without_a_body_is_left_alone():
    bodies, stream = Bodies(8, 30.0), BytesIO()
    for environ in ({}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}):
        environ["wsgi.input"] = stream
        assert bodies.of(environ) is None
        assert environ["wsgi.input"] is stream


def test_a_slot_is_taken_at_the_first_read_and_given_back_at_the_end():
    bodies = Bodies(3, 30.0)
    first, second = of(bodies, BytesIO(b"12"), 2), of(bodies, BytesIO(b"34"), 2)
    assert first.read(1) == b"1"
    time.sleep(2 * QUICK)
    with pytest.raises(UnavailableError):
        second.read(1)
    assert first.read(1) == b"2"  # its length is reached
    assert second.read(1) == b"3"
    second.release()
    second.release()
    third = of(bodies, BytesIO(b"56"), 2)
    assert third.read() == b"56"
    assert bodies._free._value == 1


def test_a_small_body_under_way_is_waited_for():
    """Eight small ones at once are no reason for a 503: a slot is free at once."""
    bodies = Bodies(3, 30.0)
    first, second = of(bodies, BytesIO(b"12"), 2), of(bodies, BytesIO(b"34"), 2)
    first.read(1)
    threading.Timer(QUICK / 5, first.release).start()
    assert second.read(2) == b"34"


def test_a_body_is_read_in_pieces_and_comes_whole():
    content = bytes(range(256)) * 4096
    bodies, stream = Bodies(8, 30.0), Recording(content)
    body = of(bodies, stream, len(content))
    assert b"".join(iter(lambda: body.read(4 * LARGEST_PIECE), b"")) == content
    assert stream.largest == LARGEST_PIECE
    stream.largest = 0
    body = of(bodies, Recording(b"a\nb\n"), 4)
    assert (body.readline(), body.readlines(), body.read()) == (b"a\n", [b"b\n"], b"")


def test_what_stalls_is_known_and_what_is_slow_to_use_is_not(stall):
    bodies = Bodies(8, 0.1)
    stall(bodies, 2)
    used = of(bodies, BytesIO(bytes(100_000)), 100_000)
    used.read(10)
    time.sleep(0.2)  # the view works, the client is not to blame
    assert bodies.stalled() == 2
    used.release()


@pytest.mark.parametrize(("stalled", "ends"), [(6, True), (5, False)])
def test_the_process_ends_when_all_slots_are_lost(monkeypatch, stall, stalled, ends):
    ended = threading.Event()
    bodies = Bodies(8, 0.1)
    monkeypatch.setattr(bodies, "_end", ended.set)  # it would end the tests
    held = [of(bodies, BytesIO(bytes(9)), 9) for _ in range(6 - stalled)]
    for body in held:
        body.read(1)
    stall(bodies, stalled)
    time.sleep(2 * QUICK)
    with pytest.raises(UnavailableError):
        of(bodies, BytesIO(b"x"), 1).read(1)
    assert ended.wait(0.6) is ends
    for body in held:
        body.release()
