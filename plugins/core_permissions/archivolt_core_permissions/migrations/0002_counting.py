"""An index that holds all by which a grant counts, so that no row is read for it."""

from alembic import op

revision = "core_permissions_0002"
down_revision = "core_permissions_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_permissions_grant_counting",
        "permissions_grant",
        ["subject_id", "scope_id", "role_id", "effect", "expires_at"],
    )


def downgrade() -> None:
    op.drop_index("ix_permissions_grant_counting", "permissions_grant")
