"""The sides: each enqueues jobs, runs them with so many workers, and says when done."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.jobs import plugin
from benchmarks.jobs.tasks import COUNT, ROWS
from benchmarks.processes import cpu_seconds
from benchmarks.servers import ROOT

PATIENCE = 120.0
ENDING = 15.0  # seconds after SIGTERM


class Side:
    """One system with workers of its own."""

    name: str
    settings: str

    def __init__(self, folder: Path, url: str, workers: int) -> None:
        self.folder, self.url, self.workers = folder, url, workers
        self.counter = folder / f"{self.name}.count"
        self.counter.write_bytes(b"")
        self.environment = {
            **os.environ,
            COUNT: str(self.counter),
            ROWS: str(folder / f"{self.name}.db"),
            "ARCHIVOLT_BENCH_BROKER": url.replace("unix://", "redis+socket://"),
        }
        os.environ.update(self.environment)

    def command(self) -> list[str]:
        """Return what starts the workers."""
        words = ["-m", "benchmarks.jobs.serve", self.name, self.url]
        return [sys.executable, *words, str(self.workers)]

    def enqueue(self, job: str, count: int) -> None:
        """Put jobs into the queue, one by one."""
        raise NotImplementedError

    def enqueue_many(self, job: str, count: int) -> None:
        """Put jobs into the queue at once, where that is offered."""
        raise NotImplementedError

    def clear(self) -> None:
        """Forget all jobs."""

    @contextmanager
    def working(self) -> Iterator[int]:
        """Have the workers run; yield the process id of their parent."""
        with open(self.folder / f"{self.name}.log", "ab") as log:
            process = subprocess.Popen(
                self.command(),
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:  # Celery sometimes waits for ever
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def ran(self) -> int:
        """Return how many jobs have run so far."""
        return self.counter.stat().st_size

    def measure(self, job: str, count: int) -> dict[str, float]:
        """Run jobs with warm workers: jobs per second and CPU per job."""
        with self.working() as pid:
            self._run(job, 50)  # what is loaded once is not counted
            before = cpu_seconds(pid)
            seconds = self._run(job, count)
            cpu = cpu_seconds(pid) - before
        return {"per_second": count / seconds, "cpu_ms": cpu / count * 1000}

    def _run(self, job: str, count: int) -> float:
        """Run jobs and return the seconds from the first one on."""
        start = self.ran()
        sending = threading.Thread(target=self.enqueue_many, args=(job, count))
        sending.start()  # some jobs run before the last one is sent
        began = self._until(start + 1)
        seconds = self._until(start + count) - began
        sending.join()
        return seconds

    def _until(self, ran: int) -> float:
        end = time.perf_counter() + PATIENCE
        while self.ran() < ran:
            if time.perf_counter() > end:
                raise SystemExit(f"{self.name} has run {self.ran()} of {ran}")
            time.sleep(0.001)
        return time.perf_counter()


class Archivolt(Side):
    """Our own workers, on a tenant's database."""

    name = "archivolt"
    settings = "batches of 10 to 100; SQLite FULL; effect and end in one commit"

    def __init__(self, folder: Path, url: str, workers: int) -> None:
        super().__init__(folder, url, workers)
        plugin.install(folder / "plugins")
        sys.path.insert(0, str(folder / "plugins"))
        self.environment |= {
            "PYTHONPATH": f"{folder / 'plugins'}{os.pathsep}{ROOT}",
            "ARCHIVOLT_HOME": str(folder / "home"),
            "ARCHIVOLT_MANIFEST": str(folder / "manifest.toml"),
        }
        manifest = f'[host]\nvalkey_url = "{url}"\n\n[plugins.benched]\n\n'
        manifest += '[defaults]\nenabled = ["benched"]\n'
        (folder / "manifest.toml").write_text(manifest)
        os.environ.update(self.environment)
        self._open()

    def _open(self) -> None:
        from archivolt_host.app import open_host
        from archivolt_host.cli.logging import configure
        from archivolt_host.cli.opening import prepare_catalog_database
        from archivolt_host.orchestration.creation import CreateTenant

        configure("error")
        self.host = open_host()
        prepare_catalog_database(self.host)
        who = {"placement": "sqlite", "admin": "", "password": ""}
        CreateTenant("bench", **who).run()
        self.tenant = self.host.catalog.get("bench")

    @contextmanager
    def inside(self) -> Iterator[Any]:
        from archivolt_host.jobs.registry import jobs
        from archivolt_host.tenants import context

        with context.acting(self.tenant):
            yield jobs()

    def _arguments(self, job: str) -> dict[str, str]:
        return {} if job == "nothing" else {"text": "a row"}

    def enqueue(self, job: str, count: int) -> None:
        """Enqueue each in a transaction of its own."""
        from archivolt_host.kit.db import transaction
        from archivolt_host.kit.jobs import enqueue

        with self.inside() as jobs:
            found, sent = jobs.get(f"benched.{job}"), self._arguments(job)
            for _ in range(count):
                with transaction():
                    enqueue(found, **sent)

    def enqueue_many(self, job: str, count: int) -> None:
        """Enqueue all in one transaction."""
        from archivolt_host.kit.db import transaction
        from archivolt_host.kit.jobs import enqueue_many

        with self.inside() as jobs, transaction():
            found, sent = jobs.get(f"benched.{job}"), self._arguments(job)
            enqueue_many(found, [sent] * count)

    def clear(self) -> None:
        """Delete all jobs."""
        from sqlalchemy import text

        from archivolt_host.tenants import sessions

        with self.inside(), sessions.transaction() as work:
            work.connection.execute(text("DELETE FROM host_job"))


class Rq(Side):
    """RQ's SimpleWorker, which runs jobs without forking."""

    name = "rq"
    settings = "SimpleWorker, JSON, result_ttl=0"

    def _queue(self) -> Any:
        import redis
        from rq import Queue
        from rq.serializers import JSONSerializer

        connection = redis.Redis.from_url(self.url)
        return Queue("benched", connection=connection, serializer=JSONSerializer)

    def _arguments(self, job: str) -> tuple[str, ...]:
        return () if job == "nothing" else ("a row",)

    def enqueue(self, job: str, count: int) -> None:
        """Enqueue each by itself."""
        queue = self._queue()
        for _ in range(count):
            queue.enqueue(
                f"benchmarks.jobs.tasks.{job}", *self._arguments(job), result_ttl=0
            )

    def enqueue_many(self, job: str, count: int) -> None:
        """Enqueue all in pipelines of a thousand."""
        from rq import Queue

        queue = self._queue()
        for start in range(0, count, 1000):
            prepared = [
                Queue.prepare_data(
                    f"benchmarks.jobs.tasks.{job}",
                    args=self._arguments(job),
                    result_ttl=0,
                )
                for _ in range(min(1000, count - start))
            ]
            queue.enqueue_many(prepared)

    def clear(self) -> None:
        """Empty the queue."""
        self._queue().empty()


class Celery(Side):
    """Celery's prefork pool, in an environment of its own."""

    name = "celery"
    settings = "prefork, acks_late, prefetch 16 per process, no result, no gossip"
    python = os.environ.get("ARCHIVOLT_BENCH_CELERY", "")

    def command(self) -> list[str]:
        """Return what starts the pool."""
        words = "-m celery -A benchmarks.jobs.celery_app worker --pool prefork"
        quiet = "--without-gossip --without-mingle --without-heartbeat -l ERROR"
        count = ["--concurrency", str(self.workers)]
        return [self.python, *words.split(), *quiet.split(), *count]

    def enqueue(self, job: str, count: int) -> None:
        """Send each by itself."""
        words = ["-m", "benchmarks.jobs.celery_app", job, str(count)]
        subprocess.run(
            [self.python, *words], env=self.environment, cwd=ROOT, check=True
        )

    enqueue_many = enqueue  # Celery has no other way
