"""The order of what expires is an index's, also among all that never does."""

from alembic import op

revision = "core_permissions_0003"
down_revision = "core_permissions_0002"
branch_labels = None
depends_on = None

TABLE = "permissions_grant"
OLD, NEW = "ix_permissions_grant_expires_at", "ix_permissions_grant_expiring"


def upgrade() -> None:
    op.create_index(NEW, TABLE, ["expires_at", "id"])
    op.drop_index(OLD, table_name=TABLE)


def downgrade() -> None:
    op.create_index(OLD, TABLE, ["expires_at"])
    op.drop_index(NEW, table_name=TABLE)
