import os
import signal
from pathlib import Path

import redis

from archivolt_host.jobs.valkey_address import (
    LONGEST_SOCKET_PATH,
    socket_path,
    valkey_url,
)
from archivolt_host.tenants.home import Home


def test_keys_survive_a_killed_valkey(run, until):
    one = run().ready()
    [victim] = one.pids("valkey")
    with redis.Redis.from_url(valkey_url(Home(one.home))) as client:
        client.set("kept", "yes")
        os.kill(victim, signal.SIGKILL)
        until(lambda: one.pids("valkey") not in ([], [victim]))

        def value() -> bytes | None:
            try:
                return client.get("kept")
            except redis.ConnectionError:
                return None

        assert until(value) == b"yes"


def test_keys_survive_a_stop_and_a_start(run):
    one = run().ready()
    with redis.Redis.from_url(valkey_url(Home(one.home))) as client:
        client.set("kept", "yes")
    assert one.stop() == 0
    again = run().ready()
    with redis.Redis.from_url(valkey_url(Home(again.home))) as client:
        assert client.get("kept") == b"yes"


def test_no_valkey_is_started_beside_a_configured_one(run):
    one = run(STAND_IN_VALKEY="redis://127.0.0.1:1/0").ready()
    assert one.pids("valkey") == []
    assert valkey_url(Home(one.home), "redis://other/0") == "redis://other/0"


def test_a_long_home_keeps_its_socket_in_a_short_private_folder(run, tmp_path):
    home = tmp_path / ("long" * 25)
    one = run(home).ready()
    path = socket_path(Home(home))
    assert len(str(path)) <= LONGEST_SOCKET_PATH
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert Path((home / "run" / "valkey-folder").read_text().strip()) == path.parent
    with redis.Redis.from_url(valkey_url(Home(home))) as client:
        assert client.ping()
    assert one.stop() == 0
    path.unlink(missing_ok=True)
    path.parent.rmdir()
