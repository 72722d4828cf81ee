"""How a plugin meets others without knowing them: six verbs and no more."""

from archivolt_host.jobs.events import tell
from archivolt_host.plugins.dispatch import ask, call, collect, first, join

__all__ = ["ask", "call", "collect", "first", "join", "tell"]
