"""Passwords: changed by those who know them, and reset by those who do not."""
