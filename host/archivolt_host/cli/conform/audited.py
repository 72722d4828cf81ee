"""Check of the journal: whatever the plugin writes, somebody is told."""

from collections.abc import Iterator, Set

from archivolt_host.cli.conform.checks import check
from archivolt_host.cli.conform.journey import journey
from archivolt_host.cli.conform.stage import WITH, Stage


@check(
    "audited",
    "Each row it writes is in the journal, or its model says why nobody needs to know.",
    "Give each table a model and write with its Service; for rows that follow from "
    'others, say so on the model: unaudited = "...".',
)
def audited(stage: Stage) -> Iterator[str]:
    """Compare the statements of the journey with what the journal was told."""
    from archivolt_host.tenants import recorded

    writes = journey(stage).writes
    for table in sorted(recorded.refused):
        if table.startswith(stage.prefix):
            yield f"A write to {table} that nobody records was refused."
    for table, deed in sorted(writes.made - writes.told):
        if table.startswith(stage.prefix) and not _is_excused(stage, table, deed):
            yield f"A row of {table} was written ({deed}), and the journal is not told."


def _is_excused(stage: Stage, table: str, deed: str) -> bool:
    """Return whether nobody needs to know: its model says so, or it is an index."""
    from archivolt_host.tenants.columns import UNAUDITED, Base, CatalogBase

    if table in CatalogBase.metadata.tables:
        return True  # the host's catalog keeps a log of its own
    model = Base.metadata.tables.get(table)
    if model is None:
        return table in _indexes(stage)
    if model.info[UNAUDITED]:
        return True
    return deed == "update" and any(
        column.info.get("audit") == "derived" for column in model.columns
    )


def _indexes(stage: Stage) -> Set[str]:
    """Return SQLite's virtual tables, such as those of full-text search."""
    with stage.host.provisioner.migration(stage.tenants[WITH].place) as connection:
        rows = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
        )
        return {name for (name,) in rows}
