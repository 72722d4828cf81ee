"""Keys, second factors, groups and profiles."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_identity_0004"
down_revision = "core_identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("recovery", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", db.Timestamp(), nullable=True),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_factor_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_factor")),
        sa.UniqueConstraint("user_id", name=op.f("uq_identity_factor_user_id")),
    )
    op.create_table(
        "identity_key",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("limits", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expires_at", db.Timestamp(), nullable=True),
        sa.Column("revoked_at", db.Timestamp(), nullable=True),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_key_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_key")),
    )
    op.create_index(
        "ix_identity_key_user",
        "identity_key",
        ["user_id", "created_at", "id"],
        unique=False,
    )
    op.add_column(
        "identity_user",
        sa.Column(
            "kind", sa.String(length=16), server_default="person", nullable=False
        ),
    )
    op.add_column(
        "identity_user", sa.Column("display_name", sa.String(length=200), nullable=True)
    )
    op.add_column(
        "identity_user", sa.Column("time_zone", sa.String(length=64), nullable=True)
    )
    op.add_column(
        "identity_user", sa.Column("locale", sa.String(length=35), nullable=True)
    )
    op.add_column(
        "identity_user",
        sa.Column("group_ids", sa.JSON(), server_default="[]", nullable=False),
    )
    op.create_index(
        "ix_identity_user_state",
        "identity_user",
        ["state", "username", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_identity_user_state", "identity_user")
    with op.batch_alter_table("identity_user") as table:
        for column in ("kind", "display_name", "time_zone", "locale", "group_ids"):
            table.drop_column(column)
    op.drop_table("identity_key")
    op.drop_table("identity_factor")
