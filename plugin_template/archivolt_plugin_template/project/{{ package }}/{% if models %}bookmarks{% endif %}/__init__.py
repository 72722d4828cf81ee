"""Bookmarks: which user wants to come back to which document."""
