"""Tasks in a list of their own."""

from alembic import op

revision = "core_workflow_0005"
down_revision = "core_workflow_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_workflow_task_newest", "workflow_task", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_workflow_task_newest", table_name="workflow_task")
