"""The first tables; what an older version knew of roles and folders is taken over."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_permissions_0001"
down_revision = None
branch_labels = None
depends_on = None

PRESETS = (
    (1, "platform_admin", "Runs the platform; sees no tenant's data."),
    (2, "owner", "Holds every permission of the tenant."),
    (3, "manager", "Members who also look after people and rights."),
    (4, "member", "Works with documents."),
    (5, "guest", "Reads."),
)


def upgrade() -> None:
    role = op.create_table(
        "permissions_role",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("updated_at", db.Timestamp(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permissions_role")),
        sa.UniqueConstraint("name", name=op.f("uq_permissions_role_name")),
    )
    op.create_table(
        "permissions_grant",
        sa.Column("subject_kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("effect", sa.String(length=8), nullable=False),
        sa.Column("expires_at", db.Timestamp(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", db.Timestamp(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "subject_kind IN ('user', 'group')",
            name=op.f("ck_permissions_grant_subject_kind"),
        ),
        sa.CheckConstraint(
            "effect IN ('allow', 'deny')", name=op.f("ck_permissions_grant_effect")
        ),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["permissions_role.id"],
            name=op.f("fk_permissions_grant_role_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permissions_grant")),
    )
    op.create_index(
        "uq_permissions_grant_subject",
        "permissions_grant",
        ["subject_id", "role_id", "scope_id"],
        unique=True,
    )
    op.create_index(
        "ix_permissions_grant_listed", "permissions_grant", ["created_at", "id"]
    )
    for column in ("scope_id", "role_id", "expires_at"):
        op.create_index(
            op.f(f"ix_permissions_grant_{column}"), "permissions_grant", [column]
        )
    op.create_table(
        "permissions_scope_path",
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "ancestor_id", "scope_id", name=op.f("pk_permissions_scope_path")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_permissions_scope_path_scope",
        "permissions_scope_path",
        ["scope_id", "depth"],
    )
    epoch = op.create_table(
        "permissions_epoch",
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permissions_epoch")),
    )
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    op.bulk_insert(
        role,
        [
            {
                "id": UUID(int=number),
                "name": name,
                "summary": summary,
                "permissions": [],
                "created_at": moment,
                "updated_at": moment,
                "revision": 1,
            }
            for number, name, summary in PRESETS
        ],
    )
    op.bulk_insert(epoch, [{"id": UUID(int=0), "token": uuid4()}])


def downgrade() -> None:
    for table in ("epoch", "scope_path", "grant", "role"):
        op.drop_table(f"permissions_{table}")
