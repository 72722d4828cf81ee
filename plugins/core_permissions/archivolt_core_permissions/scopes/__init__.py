"""Scopes: the tree on which rights hold, and are handed down."""
