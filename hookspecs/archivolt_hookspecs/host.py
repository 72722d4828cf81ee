"""What the host tells plugins about their own life in a tenant."""

from datetime import datetime

from archivolt_hookspecs.markers import collects, joins


@collects
def resync(since: datetime | None) -> int | None:
    """Catch up with what was written while the plugin was off; return how many rows.

    Only the plugin that was switched on is asked, in a job; its state is
    ``catching_up`` until it returns. ``since`` None means from the beginning.
    """


@joins
def plugin_purged(plugin: str) -> None:
    """Forget what is kept in the current tenant for a plugin that was purged.

    Its own tables, jobs and schedules are gone by then; this is for what others hold,
    such as its permissions in a role.
    """
