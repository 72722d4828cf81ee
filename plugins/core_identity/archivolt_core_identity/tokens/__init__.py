"""Tokens: how a user proves to be themselves."""
