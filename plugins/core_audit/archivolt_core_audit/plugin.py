"""The audit plugin: all that it adds to the platform, on one page."""

from collections.abc import Sequence
from typing import Any

from archivolt_core_audit.exports import views as exports
from archivolt_core_audit.journal import logic
from archivolt_core_audit.journal import views as journal
from archivolt_core_audit.logs import views as logs
from archivolt_core_audit.seals import orchestrators
from archivolt_core_audit.verification import commands
from archivolt_core_audit.verification import orchestrators as verifying
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.audit import Change
from archivolt_hookspecs.registration import Permission, Schedule

DAY = 86400  # seconds


class Audit:
    """Keeps the journal: what was done, by whom and from where."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve ``/vault/journal``, its exports and ``/vault/audit-logs``."""
        return [exports.blueprint, journal.blueprint, logs.blueprint]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name who may read what others did."""
        return [Permission("audit.read", "Read the journal.", ("owner", "manager"))]

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """Seal the journal, a minute after something was written."""
        return [orchestrators.seal]

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Seal what a lost job left unsealed; verify the whole journal every week."""
        return [
            Schedule("seal", orchestrators.seal, every=DAY, shared=True),
            Schedule("verify", verifying.verify, every=7 * DAY, shared=True),
        ]

    @hookimpl
    def register_commands(self) -> Sequence[Any]:
        """Add ``archivolt audit``."""
        return [commands.audit]

    @hookimpl
    def record_changes(self, changes: Sequence[Change]) -> None:
        """Write what was changed into the journal, in the same transaction."""
        logic.record(changes)
        orchestrators.seal_soon()
