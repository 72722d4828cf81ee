"""Tasks found by who ended them, and by their state: no list reads all of them."""

from alembic import op

revision = "core_workflow_0006"
down_revision = "core_workflow_0005"
branch_labels = None
depends_on = None

TABLE = "workflow_task"
STATE, ENDED_BY = "ix_workflow_task_state", "ix_workflow_task_ended_by"


def upgrade() -> None:
    op.create_index(STATE, TABLE, ["state", "created_at", "id"])
    op.create_index(ENDED_BY, TABLE, ["ended_by"])


def downgrade() -> None:
    op.drop_index(ENDED_BY, table_name=TABLE)
    op.drop_index(STATE, table_name=TABLE)
