"""Tenants: their home, resolution, sessions, placements and migrations."""
