"""How a plugin meets others without knowing them: six verbs and no more."""

from archivolt_hookspecs.registration import Action
from archivolt_host.jobs.events import tell
from archivolt_host.jobs.wanted import news_or_none
from archivolt_host.plugins.actions import problems as argument_problems
from archivolt_host.plugins.dispatch import (
    action_or_none,
    ask,
    call,
    collect,
    first,
    join,
)

__all__ = [
    "Action",
    "action_or_none",
    "argument_problems",
    "ask",
    "call",
    "collect",
    "first",
    "join",
    "news_or_none",
    "tell",
]
