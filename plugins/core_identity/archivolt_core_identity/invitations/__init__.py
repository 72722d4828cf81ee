"""Invitations: how people who have no account get one."""
