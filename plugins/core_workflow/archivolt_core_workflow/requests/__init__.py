"""Requests: one asks, another decides."""
