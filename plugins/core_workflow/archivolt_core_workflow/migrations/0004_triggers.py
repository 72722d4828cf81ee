"""Definitions that begin by news, and which instances so began."""

import sqlalchemy as sa
from alembic import op

revision = "core_workflow_0004"
down_revision = "core_workflow_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_trigger",
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("news", sa.String(length=100), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["workflow_definition.id"],
            name=op.f("fk_workflow_trigger_definition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_trigger")),
    )
    op.create_index(
        "ix_workflow_trigger_news", "workflow_trigger", ["news", "definition_id"]
    )
    op.create_index(
        "ix_workflow_trigger_definition", "workflow_trigger", ["definition_id"]
    )
    op.add_column("workflow_instance", sa.Column("news", sa.String(length=100)))
    op.add_column("workflow_instance", sa.Column("news_position", sa.BigInteger()))
    op.add_column(
        "workflow_instance",
        sa.Column("generation", sa.Integer(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    with op.batch_alter_table("workflow_instance") as table:
        table.drop_column("generation")
        table.drop_column("news_position")
        table.drop_column("news")
    op.drop_index("ix_workflow_trigger_definition", table_name="workflow_trigger")
    op.drop_index("ix_workflow_trigger_news", table_name="workflow_trigger")
    op.drop_table("workflow_trigger")
