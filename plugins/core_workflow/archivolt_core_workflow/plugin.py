"""The workflow plugin: all that it adds to the platform, on one page."""

from collections.abc import Collection, Sequence
from typing import Any

from archivolt_core_workflow.definitions import views as definitions
from archivolt_core_workflow.delegations import orchestrators as absences
from archivolt_core_workflow.delegations import views as delegations
from archivolt_core_workflow.instances import views as instances
from archivolt_core_workflow.requests import views as requests
from archivolt_core_workflow.running import beginning, later, news
from archivolt_core_workflow.tasks import views as tasks
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.registration import Permission, Schedule

MEMBERS, MANAGERS, OWNERS = ("member",), ("manager",), ("owner",)


class Workflow:
    """Runs requests and workflows, and shows everybody what they have to do."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve requests, definitions, instances, tasks and delegations."""
        return [
            requests.blueprint,
            definitions.blueprint,
            instances.blueprint,
            tasks.blueprint,
            delegations.blueprint,
        ]

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """Fire timers, call what lies outside, and begin by news."""
        return [later.fire_timers, later.call_action, beginning.begin_by_news]

    @hookimpl
    def news_wanted(self) -> Sequence[str]:
        """Hear of what definitions of the tenant begin by."""
        return beginning.wanted()

    @hookimpl
    def any_news(self, news: EventInfo) -> None:
        """Begin what begins by it."""
        beginning.hear(news)

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Fire timers whose job was lost; forget who stood in for whom long ago."""
        late, ended = later.fire_timers, absences.forget_delegations
        return [
            Schedule("fire_timers", late, every=6 * 3600, shared=True),
            Schedule("forget_delegations", ended, every=86400, shared=True),
        ]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name what the routes ask for."""
        return [
            Permission("requests.read", "See requests.", MEMBERS),
            Permission("requests.create", "Make and submit requests.", MEMBERS),
            Permission("requests.review", "Approve and reject requests.", MANAGERS),
            Permission("workflow.start", "See and start workflows.", MEMBERS),
            Permission("workflow.work", "Work on tasks, and delegate.", MEMBERS),
            Permission("workflow.oversee", "See and lead all workflows.", MANAGERS),
            Permission("workflow.design", "Design and publish workflows.", OWNERS),
        ]

    @hookimpl
    def visible_events(self, events: Sequence[EventInfo]) -> Collection[int]:
        """Show each what they have a part in."""
        return news.visible(events)
