"""Measures Archivolt beside a hand-written service that does the same work."""
