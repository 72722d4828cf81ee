"""Roles are grants; core_permissions, which comes before, has taken them over."""

import sqlalchemy as sa
from alembic import op

revision = "core_identity_0006"
down_revision = "core_identity_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("identity_user", "roles")


def downgrade() -> None:
    # What is granted stays granted; who goes back further finds no roles here.
    column = sa.Column("roles", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("identity_user", column)
