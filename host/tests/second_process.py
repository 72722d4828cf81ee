"""Another process of a deployment: it answers requests, works, or writes."""

import json
import sys
from pathlib import Path

import structlog

from archivolt_host.app import create_app, open_host
from archivolt_host.jobs import worker
from archivolt_host.jobs.registry import QUEUES
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.context import SqlitePlace


def answer(host):
    """Answer the requests that come in by line."""
    client = create_app(host).test_client()
    for words in told():
        response = client.open(words["path"], headers=words["headers"])
        say({"status": response.status_code, "text": response.text})


def work(host):
    """Be a worker, until killed."""
    print("ready", flush=True)
    worker.work(host.valkey_url, QUEUES)


def write(host):
    """Add to a counter in a file, with several threads, as often as told."""
    from concurrent.futures import ThreadPoolExecutor

    for words in told():
        place = SqlitePlace(Path(words["path"]))
        with ThreadPoolExecutor(words["threads"]) as pool:
            times = range(words["threads"] * words["times"])
            list(pool.map(lambda _, place=place: add_one(place), times))
        say({"done": True})


def hold(host):
    """Begin to write, and hold the file until killed."""
    for words in told():
        work = sessions.UnitOfWork(SqlitePlace(Path(words["path"])), write=True)
        work.session.connection().exec_driver_sql("UPDATE counter SET n = n + 1000")
        say({"held": True})


def lease(host):
    """Claim a job, and never finish it."""
    from archivolt_host.jobs import claims

    for words in told():
        with context.acting(host.catalog.get(words["tenant"])):
            say({"claimed": str(claims.claim(words["queue"]).id)})


def add_one(place):
    with sessions.working(place, write=True) as work:
        connection = work.session.connection()
        [n] = connection.exec_driver_sql("SELECT n FROM counter").one()
        connection.exec_driver_sql(f"UPDATE counter SET n = {n + 1}")


def told():
    print("ready", flush=True)
    for line in sys.stdin:
        yield json.loads(line)


def say(words):
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    {"answer": answer, "work": work, "write": write, "hold": hold, "lease": lease}[
        sys.argv[1]
    ](open_host())
