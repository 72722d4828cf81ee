"""Every database access of the journal, and nothing else."""

from archivolt_core_audit.journal.models import Entry
from archivolt_host.kit.service import Service


class EntryService(Service[Entry]):
    """The journal of the current tenant."""

    model = Entry
    kind = "Journal entry"
    sorts = ("at",)


entries = EntryService()
