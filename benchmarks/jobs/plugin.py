"""The throw-away plugin whose jobs Archivolt runs."""

from pathlib import Path

CODE = '''"""Jobs for a benchmark."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from archivolt_hookspecs import hookimpl
from archivolt_host.kit.db import Base, UuidMixin
from archivolt_host.kit.jobs import job
from archivolt_host.kit.service import Service
from benchmarks.jobs import tasks


class Row(UuidMixin, Base):
    __tablename__ = "benched_row"
    text: Mapped[str]


class Rows(Service[Row]):
    model = Row
    kind = "Row"


rows = Rows()


@job(queue="medium")
def nothing() -> None:
    """Do nothing."""
    tasks.count()


@job(queue="medium")
def write(text: str) -> None:
    """Write one row."""
    rows.create(text=text)
    tasks.count()


@job(queue="medium", short=True)
def write_short(text: str) -> None:
    """Write one row, several of them in one commit."""
    rows.create(text=text)
    tasks.count()


class Plugin:
    """Brings the jobs."""

    @hookimpl
    def register_jobs(self):
        return [nothing, write, write_short]
'''
MIGRATION = '''"""The one table."""

import sqlalchemy as sa
from alembic import op

revision = "benched_0001"
down_revision = branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "benched_row",
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), primary_key=True),
    )
'''
DECLARATION = """[plugin]
id = "benched"
name = "Benched"
summary = "Jobs for a benchmark."
host_api = ">=1,<2"

[data]
tables = "benched_"
"""
FILES = {
    "archivolt_benched/__init__.py": "",
    "archivolt_benched/plugin.py": CODE,
    "archivolt_benched/plugin.toml": DECLARATION,
    "archivolt_benched/migrations/0001_first.py": MIGRATION,
    "archivolt_benched-0.1.dist-info/METADATA": (
        "Metadata-Version: 2.1\nName: archivolt-benched\nVersion: 0.1\n"
    ),
    "archivolt_benched-0.1.dist-info/entry_points.txt": (
        "[archivolt.plugins]\nbenched = archivolt_benched.plugin:Plugin\n"
    ),
}


def install(folder: Path) -> None:
    """Write the plugin as an installer would."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
