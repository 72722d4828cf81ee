"""Exports: the journal as a file."""
