"""Hits: what a search finds."""
