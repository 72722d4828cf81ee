"""Roles, grants and the rights they give."""
