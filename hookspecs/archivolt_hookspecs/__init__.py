"""The contract: what the host and its plugins ask and tell each other."""

from archivolt_hookspecs.markers import PROJECT, hookimpl

__all__ = ["PROJECT", "hookimpl"]
