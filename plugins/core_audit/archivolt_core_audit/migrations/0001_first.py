"""The journal, which the database itself keeps from being changed."""

import sqlalchemy as sa
from alembic import op

from archivolt_host.kit import db

revision = "core_audit_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("audit_entry",)
REFUSED = "The journal is only ever added to."
ON_SQLITE = f"""
CREATE TRIGGER {{table}}_no_{{verb}} BEFORE {{verb}} ON {{table}}
BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
"""
# REPLACE deletes without asking the triggers above.
NO_REPLACE = f"""
CREATE TRIGGER {{table}}_no_replace BEFORE INSERT ON {{table}}
WHEN EXISTS (SELECT 1 FROM {{table}} WHERE id = NEW.id OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
"""  # noqa: S608 - the only thing put in is our sentence
FUNCTION = f"""
CREATE FUNCTION {{table}}_refuse() RETURNS trigger LANGUAGE plpgsql AS $do$
BEGIN RAISE EXCEPTION '{REFUSED}'; END $do$
"""
TRIGGER = """
CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
"""
# A new table comes with all four rights for the tenant.
REVOKE = """
DO $do$
DECLARE tenant record;
BEGIN
    FOR tenant IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = '{table}'
        AND grantee <> current_user
    LOOP
        EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM '
            || quote_ident(tenant.grantee);
    END LOOP;
END $do$
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("at", db.Timestamp(), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("user_agent", sa.String(length=500), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_newest", "audit_entry", ["at", "id"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "at", "id"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["action", "at", "id"])
    op.create_index("ix_audit_entry_object", "audit_entry", ["object", "at", "id"])
    for table in TABLES:
        protect(table)


def downgrade() -> None:
    op.drop_table("audit_entry")
    if op.get_context().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_entry_refuse()")


def protect(table: str) -> None:
    """Let the database refuse to change or delete rows of a table."""
    if op.get_context().dialect.name == "sqlite":
        protect_on_sqlite(table)
    else:
        protect_on_postgresql(table)


def protect_on_sqlite(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(ON_SQLITE.format(table=table, verb=verb))
    op.execute(NO_REPLACE.format(table=table))


def protect_on_postgresql(table: str) -> None:
    for statement in (FUNCTION, TRIGGER, REVOKE):
        op.execute(statement.format(table=table))
