"""What was done for the whole host, and when."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.tenants.columns import Timestamp

revision = "catalog_0004"
down_revision = "catalog_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.String(length=200), nullable=False),
        sa.Column("due_at", Timestamp(), nullable=False),
        sa.Column("began_at", Timestamp(), nullable=False),
        sa.Column("ended_at", Timestamp(), nullable=True),
        sa.Column("lease_until", Timestamp(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_run")),
        sa.UniqueConstraint("task", "due_at", name=op.f("uq_public_run_task_due_at")),
    )


def downgrade() -> None:
    op.drop_table("public_run")
