"""Runs of orchestrators and their steps."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.tenants import columns as db

revision = "catalog_0003"
down_revision = "catalog_0002"
branch_labels = None
depends_on = None

DUE = sa.text("status IN ('running', 'unwinding') AND parent_id IS NULL")
TAKEN = sa.text("status <> 'undone'")


def upgrade() -> None:
    op.create_table(
        "host_run",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("parent_seq", sa.Integer(), nullable=True),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("unique_key", sa.String(length=200), nullable=True),
        sa.Column("lease_owner", sa.String(length=100), nullable=True),
        sa.Column("lease_until", db.Timestamp(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("deadline", db.Timestamp(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=200), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("finished_at", db.Timestamp(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('running', 'unwinding', 'stuck', 'done', 'undone')",
            name=op.f("ck_host_run_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_run")),
    )
    op.create_index(op.f("ix_host_run_parent_id"), "host_run", ["parent_id"])
    op.create_index(
        "ix_host_run_due",
        "host_run",
        ["lease_until"],
        sqlite_where=DUE,
        postgresql_where=DUE,
    )
    op.create_index(
        "uq_host_run_unique_key",
        "host_run",
        ["unique_key"],
        unique=True,
        sqlite_where=TAKEN,
        postgresql_where=TAKEN,
    )
    op.create_table(
        "host_step",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("at", db.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_host_step")),
    )


def downgrade() -> None:
    op.drop_table("host_step")
    op.drop_table("host_run")
