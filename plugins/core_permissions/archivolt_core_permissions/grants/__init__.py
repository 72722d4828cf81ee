"""Grants: who holds which role, where, and until when."""
