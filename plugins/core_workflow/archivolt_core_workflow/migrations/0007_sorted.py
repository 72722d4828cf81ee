"""Each order of a list has its index: the database sorts nothing."""

from alembic import op

revision = "core_workflow_0007"
down_revision = "core_workflow_0006"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_workflow_request_changed": ("workflow_request", "updated_at"),
    "ix_workflow_request_title": ("workflow_request", "title"),
    "ix_workflow_instance_changed": ("workflow_instance", "updated_at"),
}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column, "id"])


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
