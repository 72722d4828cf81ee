"""The chain of the journal, and its seals."""

import sqlalchemy as sa
from alembic import op

revision = "core_audit_0002"
down_revision = "core_audit_0001"
branch_labels = None
depends_on = None

KEYS = {"audit_link": "seq", "audit_seal": "number"}  # beside the ids
REFUSED = "The journal is only ever added to."
ON_SQLITE = f"""
CREATE TRIGGER {{table}}_no_{{verb}} BEFORE {{verb}} ON {{table}}
BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
"""
# REPLACE deletes without asking the triggers above.
NO_REPLACE = f"""
CREATE TRIGGER {{table}}_no_replace BEFORE INSERT ON {{table}}
WHEN EXISTS (SELECT 1 FROM {{table}}
    WHERE id = NEW.id OR {{key}} = NEW.{{key}} OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
"""  # noqa: S608 - the only thing put in is our sentence
TRIGGER = """
CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()
"""
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
        "audit_link",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_link_seq")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_seal_number")),
    )
    for table, key in KEYS.items():
        if op.get_context().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(ON_SQLITE.format(table=table, verb=verb))
            op.execute(NO_REPLACE.format(table=table, key=key))
        else:
            op.execute(TRIGGER.format(table=table))
            op.execute(REVOKE.format(table=table))


def downgrade() -> None:
    op.drop_table("audit_seal")
    op.drop_table("audit_link")
