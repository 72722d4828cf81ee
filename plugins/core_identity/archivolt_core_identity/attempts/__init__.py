"""Attempts to sign in: counted, and slowed down."""
