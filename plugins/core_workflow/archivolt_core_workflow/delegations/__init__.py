"""Delegations: who stands in for whom, and how long."""
