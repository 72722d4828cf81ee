"""Each order of the list of users has its index: the database sorts nothing."""

from alembic import op

revision = "core_identity_0007"
down_revision = "core_identity_0006"
branch_labels = None
depends_on = None

TABLE = "identity_user"
LISTED, NEWEST = "ix_identity_user_listed", "ix_identity_user_newest"


def upgrade() -> None:
    op.create_index(LISTED, TABLE, ["username", "id"])
    op.create_index(NEWEST, TABLE, ["created_at", "id"])


def downgrade() -> None:
    op.drop_index(NEWEST, table_name=TABLE)
    op.drop_index(LISTED, table_name=TABLE)
