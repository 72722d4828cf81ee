"""Each order of a list has its index: the database sorts nothing."""

from alembic import op

revision = "core_documents_0002"
down_revision = "core_documents_0001"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_documents_document_changed": ("documents_document", "status", "updated_at"),
    "ix_documents_document_filename": ("documents_document", "status", "filename"),
    "ix_documents_document_size": ("documents_document", "status", "size"),
    "ix_documents_folder_newest": ("documents_folder", "created_at"),
}


def upgrade() -> None:
    for name, (table, *columns) in INDEXES.items():
        op.create_index(name, table, [*columns, "id"])


def downgrade() -> None:
    for name, (table, *_) in INDEXES.items():
        op.drop_index(name, table_name=table)
