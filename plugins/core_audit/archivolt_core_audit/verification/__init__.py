"""Verification: whether the journal is still what was sealed."""
