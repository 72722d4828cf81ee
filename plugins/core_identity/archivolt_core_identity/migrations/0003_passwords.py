"""Attempts to sign in are counted, and passwords can be reset."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_identity_0003"
down_revision = "core_identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", db.Timestamp(), nullable=False),
        sa.Column("known_until", db.Timestamp(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_attempt")),
        sa.UniqueConstraint("key", name=op.f("uq_identity_attempt_key")),
    )
    op.create_index(
        op.f("ix_identity_attempt_last_at"),
        "identity_attempt",
        ["last_at"],
        unique=False,
    )
    op.create_table(
        "identity_reset",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("expires_at", db.Timestamp(), nullable=False),
        sa.Column("used_at", db.Timestamp(), nullable=True),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_reset_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_reset")),
        sa.UniqueConstraint("proof", name=op.f("uq_identity_reset_proof")),
    )
    op.create_index(
        op.f("ix_identity_reset_expires_at"),
        "identity_reset",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_identity_reset_user_id"), "identity_reset", ["user_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("identity_reset")
    op.drop_table("identity_attempt")
