"""Jobs carry their whole context; attempts, groups, events, schedules and ticks."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.tenants import columns as db

revision = "host_0002"
down_revision = "host_0001"
branch_labels = None
depends_on = None

LIVE = "status IN ('queued', 'running')"
QUEUED = "status = 'queued'"
RUNNING = "status = 'running'"
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CARRY = {
    "sqlite": """UPDATE host_job SET carried = json_object('actor', json_object(
        'id', lower(substr(actor_id, 1, 8) || '-' || substr(actor_id, 9, 4) || '-' ||
            substr(actor_id, 13, 4) || '-' || substr(actor_id, 17, 4) || '-' ||
            substr(actor_id, 21)),
        'name', actor_name, 'roles', json(actor_roles)), 'request_id', request_id)""",
    "postgresql": """UPDATE host_job SET carried = json_build_object('actor',
        json_build_object('id', actor_id, 'name', actor_name, 'roles', actor_roles),
        'request_id', request_id)""",
}


def upgrade() -> None:
    _change_jobs()
    _make_attempts_and_groups()
    _make_events()
    _make_schedules()


def _change_jobs() -> None:
    op.drop_index("ix_host_job_due", table_name="host_job")
    op.add_column(
        "host_job", sa.Column("carried", sa.JSON(), nullable=False, server_default="{}")
    )
    op.add_column("host_job", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.execute(CARRY[op.get_context().dialect.name])
    for name in ("actor_name", "actor_roles", "request_id"):
        op.drop_column("host_job", name)
    for name, columns, where in (
        ("ix_host_job_due", ["queue", "priority", "run_at", "id"], QUEUED),
        ("ix_host_job_leased", ["lease_until"], RUNNING),
        ("ix_host_job_group", ["group_id"], "group_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            "host_job",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index("ix_host_job_actor", "host_job", ["actor_id", "id"])


def _make_attempts_and_groups() -> None:
    op.create_table(
        "host_job_attempt",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("started_at", db.Timestamp(), nullable=True),
        sa.Column("ended_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["host_job.id"],
            name=op.f("fk_host_job_attempt_job_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_job_attempt")),
    )
    op.create_index(op.f("ix_host_job_attempt_job_id"), "host_job_attempt", ["job_id"])
    op.create_table(
        "host_job_group",
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("callback", sa.String(length=200), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("ended_at", db.Timestamp(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_job_group")),
    )


def _make_events() -> None:
    op.create_table(
        "host_event",
        sa.Column("number", NUMBER, sa.Identity(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("hook", sa.String(length=100), nullable=False),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column("at", db.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_host_event")),
    )
    op.create_index("uq_host_event_position", "host_event", ["position"], unique=True)
    op.create_index(
        "ix_host_event_new",
        "host_event",
        ["number"],
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index("ix_host_event_object", "host_event", ["object", "position"])
    op.create_table(
        "host_subscriber",
        sa.Column("plugin", sa.String(length=100), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", db.Timestamp(), nullable=True),
        sa.Column("lease_owner", sa.String(length=100), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", name=op.f("pk_host_subscriber")),
    )
    op.create_table(
        "host_lane",
        sa.Column("plugin", sa.String(length=100), nullable=False),
        sa.Column("object", sa.String(length=100), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", db.Timestamp(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("since", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_lane")),
        sa.UniqueConstraint(
            "plugin", "object", name=op.f("uq_host_lane_plugin_object")
        ),
    )


def _make_schedules() -> None:
    op.create_table(
        "host_schedule",
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("runs", sa.String(length=200), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("every", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("missed", sa.String(length=8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_at", db.Timestamp(), nullable=True),
        sa.Column("last_at", db.Timestamp(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("updated_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(cron IS NULL) <> (every IS NULL)", name=op.f("ck_host_schedule_rhythm")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_schedule")),
        sa.UniqueConstraint(
            "source", "name", name=op.f("uq_host_schedule_source_name")
        ),
    )
    op.create_index(
        "ix_host_schedule_next_at",
        "host_schedule",
        ["next_at"],
        sqlite_where=sa.text("enabled"),
        postgresql_where=sa.text("enabled"),
    )
    op.create_table(
        "host_tick",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("fire_at", db.Timestamp(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["host_schedule.id"],
            name=op.f("fk_host_tick_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_tick")),
        sa.UniqueConstraint(
            "schedule_id", "fire_at", name=op.f("uq_host_tick_schedule_id_fire_at")
        ),
    )
