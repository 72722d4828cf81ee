"""Audit logs: the journal in the words of other products."""
