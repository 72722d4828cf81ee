"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "bank_0001"
down_revision = branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_account",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("balance", sa.Integer(), nullable=False),
    )
    op.create_table(
        "bank_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
    )
