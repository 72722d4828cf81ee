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
OLD_NAMES = {"admin": "owner"}
GRANT = sa.table(
    "permissions_grant",
    *(sa.column(n, sa.Uuid()) for n in ("id", "subject_id", "scope_id", "role_id")),
    sa.column("subject_kind"),
    sa.column("effect"),
    sa.column("created_at", db.Timestamp()),
)
PATH = sa.table(
    "permissions_scope_path",
    sa.column("scope_id", sa.Uuid()),
    sa.column("ancestor_id", sa.Uuid()),
    sa.column("depth", sa.Integer()),
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
    if not op.get_context().as_sql:  # a new tenant has nothing to take over
        take_over_roles(op.get_bind())
        take_over_folders(op.get_bind())


def take_over_roles(connection):
    """Grant the roles that users had in a column of their own; admin is now owner."""
    if "roles" not in columns_of(connection, "identity_user"):
        return
    users = sa.table(
        "identity_user", sa.column("id", sa.Uuid()), sa.column("roles", sa.JSON())
    )
    rows = connection.execute(sa.select(users.c.id, users.c.roles)).all()
    names = {name: UUID(int=number) for number, name, _ in PRESETS}
    new = [
        {
            "id": uuid4(),
            "subject_kind": "user",
            "subject_id": user,
            "scope_id": UUID(int=0),
            "role_id": names[OLD_NAMES.get(role, role)],
            "effect": "allow",
            "created_at": datetime.now(UTC),
        }
        for user, roles in rows
        for role in {OLD_NAMES.get(role, role) for role in roles} & set(names)
    ]
    if new:
        connection.execute(sa.insert(GRANT), new)


def take_over_folders(connection):
    """Enter the folders that there are into the tree of scopes."""
    if "parent_id" not in columns_of(connection, "documents_folder"):
        return
    names = ("id", "parent_id")
    folders = sa.table("documents_folder", *(sa.column(n, sa.Uuid()) for n in names))
    rows = connection.execute(sa.select(folders.c.id, folders.c.parent_id)).all()
    above, paths = dict(map(tuple, rows)), []
    for folder in above:
        depth, ancestor = 0, folder
        while ancestor is not None:
            paths.append({"scope_id": folder, "ancestor_id": ancestor, "depth": depth})
            depth, ancestor = depth + 1, above[ancestor]
    if paths:
        connection.execute(sa.insert(PATH), paths)


def columns_of(connection, table):
    found = sa.inspect(connection)
    if not found.has_table(table):
        return set()
    return {column["name"] for column in found.get_columns(table)}


def downgrade() -> None:
    for table in ("epoch", "scope_path", "grant", "role"):
        op.drop_table(f"permissions_{table}")
