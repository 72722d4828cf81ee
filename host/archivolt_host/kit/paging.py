"""Parts of lists, for code that is no view."""

from archivolt_host.http.paging import Page, Slice, bad_cursor

__all__ = ["Page", "Slice", "bad_cursor"]
