"""What claiming jobs says to the database; the steps themselves are in ``claims``."""

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
)

from archivolt_host.jobs.models import QUEUED, RUNNING, JobRow
from archivolt_host.jobs.registry import QUEUES

JOB: Table = JobRow.__table__  # type: ignore[assignment]

# Statements are made once: building them costs a worker more than running them. The
# states are written out, as only then a database sees that an index holds these rows.
MOMENT = bindparam("at_moment", type_=JOB.c.run_at.type)
OF_QUEUE = JOB.c.queue == bindparam("of_queue")
IS_QUEUED = text(f"host_job.status = '{QUEUED}'")
IS_RUNNING = text(f"host_job.status = '{RUNNING}'")
ONE: ColumnElement[int] = literal_column("1")
LOOK = select(
    select(ONE).where(OF_QUEUE, IS_QUEUED, JOB.c.run_at <= MOMENT).exists(),
    select(ONE).where(OF_QUEUE, IS_RUNNING, JOB.c.lease_until < MOMENT).exists(),
)
# Only a write may lock: PostgreSQL refuses FOR UPDATE in a reading transaction.
CHOSEN = (
    select(JOB.c.id)
    .where(OF_QUEUE, IS_QUEUED, JOB.c.run_at <= MOMENT)
    .order_by(JOB.c.priority, JOB.c.run_at, JOB.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("chosen")
    .prefix_with("MATERIALIZED", dialect="postgresql")  # else it may be run again
)
CLAIM = (
    JOB.update()
    .where(JOB.c.id.in_(select(CHOSEN.c.id)))
    .values(
        status=RUNNING,
        lease_owner=bindparam("for_owner"),
        lease_until=bindparam("until"),
        fence=JOB.c.fence + 1,
        attempts=JOB.c.attempts + 1,
        started_at=MOMENT,
    )
    .returning(
        *(
            JOB.c[name]
            for name in (
                *("id", "name", "queue", "arguments", "carried", "priority", "run_at"),
                *("attempts", "max_attempts", "fence", "group_id", "started_at"),
                "lease_owner",
            )
        )
    )
)
ABANDONED = (
    select(JOB)
    .where(OF_QUEUE, IS_RUNNING, JOB.c.lease_until < MOMENT)
    .limit(200)
    .with_for_update(skip_locked=True)
)
OURS = (
    JOB.update()
    .where(JOB.c.id == bindparam("of_id"), JOB.c.fence == bindparam("of_fence"))
    .where(IS_RUNNING)
)
HOLD = OURS.values(lease_until=bindparam("until"))
PROGRESS = OURS.values(progress=bindparam("so_far"), lease_until=bindparam("until"))
NEWS = ("status", "result", "progress", "problem", "lease_until", "lease_owner")
END = OURS.values({name: bindparam(f"new_{name}") for name in (*NEWS, "finished_at")})
PUT_BACK = OURS.values(
    {
        name: bindparam(f"new_{name}")
        for name in ("status", "attempts", "run_at", "problem")
    }
    | {"lease_until": None, "lease_owner": None}
)
LOST_QUEUES = select(JOB.c.queue).where(IS_RUNNING, JOB.c.lease_until < MOMENT)
WAITING_QUEUES = union_all(
    *(
        select(literal(queue, String)).where(
            select(ONE)
            .where(JOB.c.queue == queue, IS_QUEUED, JOB.c.run_at <= MOMENT)
            .exists()
        )
        for queue in QUEUES
    ),
    LOST_QUEUES,
)
NEXT_TIMES = union_all(
    select(func.min(JOB.c.run_at)).where(IS_QUEUED),
    select(func.min(JOB.c.lease_until)).where(IS_RUNNING),
)
