"""Which plugins could not be migrated in which tenants."""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0002"
down_revision = "catalog_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_out",
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("plugin", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plugin", name=op.f("pk_plugin_out")),
    )


def downgrade() -> None:
    op.drop_table("plugin_out")
