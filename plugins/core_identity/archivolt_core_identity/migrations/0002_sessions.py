"""Sign-ins, each with what came of it."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_identity_0002"
down_revision = "core_identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "identity_session",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("renewed_at", db.Timestamp(), nullable=False),
        sa.Column("expires_at", db.Timestamp(), nullable=False),
        sa.Column("ended_at", db.Timestamp(), nullable=True),
        sa.Column("why_ended", sa.String(length=16), nullable=True),
        sa.Column("impersonator", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('tokens', 'cookie', 'impersonation')",
            name=op.f("ck_identity_session_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_session_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_session")),
    )
    op.create_index(
        "ix_identity_session_expires", "identity_session", ["expires_at"], unique=False
    )
    op.create_index(
        "ix_identity_session_user",
        "identity_session",
        ["user_id", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("identity_session")
