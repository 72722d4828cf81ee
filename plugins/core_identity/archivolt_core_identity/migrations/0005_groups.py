"""Groups and invitations."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_identity_0005"
down_revision = "core_identity_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_group",
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_key", sa.String(length=150), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("updated_at", db.Timestamp(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_group")),
        sa.UniqueConstraint("name_key", name=op.f("uq_identity_group_name_key")),
    )
    op.create_table(
        "identity_invitation",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("expires_at", db.Timestamp(), nullable=False),
        sa.Column("accepted_at", db.Timestamp(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_invitation_user_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_invitation")),
        sa.UniqueConstraint("proof", name=op.f("uq_identity_invitation_proof")),
    )
    op.create_index(
        "ix_identity_invitation_listed",
        "identity_invitation",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_identity_invitation_user_id"),
        "identity_invitation",
        ["user_id"],
        unique=False,
    )
    op.create_table(
        "identity_membership",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["identity_group.id"],
            name=op.f("fk_identity_membership_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_identity_membership_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_membership")),
        sa.UniqueConstraint(
            "user_id", "group_id", name=op.f("uq_identity_membership_user_id_group_id")
        ),
    )
    op.create_index(
        op.f("ix_identity_membership_group_id"),
        "identity_membership",
        ["group_id"],
        unique=False,
    )
    op.create_table(
        "identity_nesting",
        sa.Column("inner_id", sa.Uuid(), nullable=False),
        sa.Column("outer_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inner_id"],
            ["identity_group.id"],
            name=op.f("fk_identity_nesting_inner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["outer_id"],
            ["identity_group.id"],
            name=op.f("fk_identity_nesting_outer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_nesting")),
        sa.UniqueConstraint(
            "inner_id", "outer_id", name=op.f("uq_identity_nesting_inner_id_outer_id")
        ),
    )
    op.create_index(
        op.f("ix_identity_nesting_outer_id"),
        "identity_nesting",
        ["outer_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("identity_nesting")
    op.drop_table("identity_membership")
    op.drop_table("identity_invitation")
    op.drop_table("identity_group")
