"""Timers that failed wait for another attempt, and in the end for somebody."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_workflow_0003"
down_revision = "core_workflow_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workflow_timer") as table:
        table.alter_column("fire_at", existing_type=db.Timestamp(), nullable=True)
        table.add_column(
            sa.Column("attempts", sa.Integer(), nullable=False, server_default="0")
        )
        table.add_column(sa.Column("problem", sa.String(length=2000), nullable=True))
    with op.batch_alter_table("workflow_timer") as table:
        table.alter_column("attempts", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM workflow_timer WHERE fire_at IS NULL")
    with op.batch_alter_table("workflow_timer") as table:
        table.drop_column("problem")
        table.drop_column("attempts")
        table.alter_column("fire_at", existing_type=db.Timestamp(), nullable=False)
