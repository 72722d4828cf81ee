"""Jobs that failed are found among many that are done."""

import sqlalchemy as sa
from alembic import op

revision = "host_0004"
down_revision = "host_0003"
branch_labels = None
depends_on = None

INDEX = "ix_host_job_not_done"
NOT_DONE = sa.text("status <> 'done'")


def upgrade() -> None:
    op.create_index(
        INDEX, "host_job", ["id"], sqlite_where=NOT_DONE, postgresql_where=NOT_DONE
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name="host_job")
