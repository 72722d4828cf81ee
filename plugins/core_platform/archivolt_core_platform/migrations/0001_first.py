"""The first tables."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_platform_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platform_key",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("retired_at", db.Timestamp(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_key")),
        sa.UniqueConstraint("name", name=op.f("uq_platform_key_name")),
    )
    op.create_table(
        "platform_user",
        sa.Column("username", sa.String(length=150), nullable=False),
        sa.Column("name_key", sa.String(length=150), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'disabled')", name=op.f("ck_platform_user_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_user")),
        sa.UniqueConstraint("name_key", name=op.f("uq_platform_user_name_key")),
    )
    op.create_table(
        "platform_impersonation",
        sa.Column("platform_user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("user", sa.String(length=150), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("from_at", db.Timestamp(), nullable=False),
        sa.Column("to_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_user_id"],
            ["platform_user.id"],
            name=op.f("fk_platform_impersonation_platform_user_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_impersonation")),
    )
    op.create_index(
        op.f("ix_platform_impersonation_platform_user_id"),
        "platform_impersonation",
        ["platform_user_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_platform_impersonation_tenant"),
        "platform_impersonation",
        ["tenant"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("platform_impersonation")
    op.drop_table("platform_user")
    op.drop_table("platform_key")
