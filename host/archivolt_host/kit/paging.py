"""Parts of lists, for code that is no view."""

from archivolt_host.http.paging import Page, Slice

__all__ = ["Page", "Slice"]
