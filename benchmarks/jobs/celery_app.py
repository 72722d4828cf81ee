"""The same jobs for Celery."""

import os

from celery import Celery

from benchmarks.jobs import tasks

app = Celery("benched", broker=os.environ.get("ARCHIVOLT_BENCH_BROKER", ""))
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # as ours: a job is not gone before it has run
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
)
nothing = app.task(tasks.nothing, name="nothing")
write = app.task(tasks.write, name="write")
