"""How many pieces of news led to what an instance does: that bounds circles."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from archivolt_core_workflow.instances.models import Instance
from archivolt_host.kit.context import after_news, news_before

P = ParamSpec("P")
R = TypeVar("R")


def after_its_news(act: Callable[P, R]) -> Callable[P, R]:
    """Let what a run does count the news that led to its instance, whoever acts."""

    @wraps(act)
    def acting(*given: P.args, **named: P.kwargs) -> R:
        instance: Instance = given[0].instance  # type: ignore[attr-defined]
        with after_news(max(news_before(), instance.generation)):
            return act(*given, **named)

    return acting
