"""Seals: what shows that the journal is as it was."""
