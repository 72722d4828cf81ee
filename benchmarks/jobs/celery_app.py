"""The same jobs for Celery; ``python -m benchmarks.jobs.celery_app JOB COUNT`` sends.

Run by a Python of its own: Celery wants an older python-dateutil than Archivolt.
"""

import os
import sys

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


def main() -> None:
    """Send jobs, each by itself: there is no other way."""
    task = {"nothing": nothing, "write": write}[sys.argv[1]]
    sent = () if sys.argv[1] == "nothing" else ("a row",)
    for _ in range(int(sys.argv[2])):
        task.apply_async(sent)


if __name__ == "__main__":
    main()
