"""Deeds for the journal that are no change of a row: sign-ins, approvals, downloads.

Changes of rows need no word: every service records what it writes.
"""

from archivolt_host.plugins.recording import note

__all__ = ["note"]
