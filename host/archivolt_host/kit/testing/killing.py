"""Kills a story at every commit in turn, and has it recovered by the real sweepers."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest

from archivolt_host.kit.testing.working import RunJobs

if TYPE_CHECKING:
    from archivolt_host.tenants.context import Tenant

Story = Callable[[], object]
KillPoints = Callable[..., int]
ROUNDS = 30  # of letting leases end and running jobs, before it counts as lost


class NotRecoveredError(AssertionError):
    """Something is still under way after a kill, or an invariant does not hold."""


@pytest.fixture
def kill_points(request: pytest.FixtureRequest, run_jobs: RunJobs) -> KillPoints:
    """Kill a story before and after each of its commits, recover, check an invariant.

    ``kill_points(lambda: Share(id).run(), check)`` plays the story in a process of its
    own and ends that with SIGKILL, at the first commit, then at the second and so on,
    until it comes to its end. After each kill leases end, workers go on, and
    ``check()`` must hold. Returns the number of points: two for each commit.

    ``prepare`` runs before each story, in the test's own process. With ``again=True``
    the recovery is killed at each of its commits as well. ``tenant`` is where it all
    happens: by default the fixture of that name.

    A job is a story too: ``kill_points(run_jobs, check, prepare=enqueue_it)``.
    """

    def kill(
        story: Story,
        check: Story,
        *,
        prepare: Story = lambda: None,
        again: bool = False,
        tenant: "Tenant | None" = None,
    ) -> int:
        found: Tenant = tenant or request.getfixturevalue("tenant")
        killing = Killing(found, run_jobs, story, check, prepare)
        return killing.twice() if again else killing.once()

    return kill


class Killing:
    """One story, and how it is played, killed and recovered."""

    def __init__(
        self,
        tenant: "Tenant",
        run_jobs: RunJobs,
        story: Story,
        check: Story,
        prepare: Story,
    ) -> None:
        self.tenant = tenant
        self.run_jobs = run_jobs
        self.story = story
        self.check = check
        self.prepare = prepare

    def once(self) -> int:
        """Kill the story at each point."""
        for point in count(1):
            was_killed = self._begin(point)
            self._recover(f"killed at point {point}")
            if not was_killed:
                return point - 1
        raise AssertionError("unreachable")

    def twice(self) -> int:
        """Kill the story at each point, and its recovery at each of its own."""
        points = self.once()
        for point in range(1, points + 1):
            for second in count(1):
                self._begin(point)
                was_killed = in_child(lambda: self._settle(), second)
                self._recover(f"killed at point {point}, then at {second}")
                if not was_killed:
                    break
        return points

    def _begin(self, point: int) -> bool:
        from archivolt_host.tenants import context

        with context.acting(self.tenant):
            self.prepare()
            return in_child(self.story, point)

    def _recover(self, when: str) -> None:
        from archivolt_host.tenants import context

        try:
            with context.acting(self.tenant):
                self._settle()
                self.check()
        except AssertionError as error:
            raise NotRecoveredError(f"{when}: {error}") from error

    def _settle(self) -> None:
        """Let leases end and workers work until nothing is under way."""
        for _ in range(ROUNDS):
            if not pass_time(self.tenant):
                return
            self.run_jobs(self.tenant)
        raise NotRecoveredError(f"still under way: {still_open(self.tenant)}")


def still_open(tenant: "Tenant") -> list[str]:
    """Describe the jobs and runs of a tenant that have not ended."""
    from sqlalchemy import select

    from archivolt_host.jobs.models import QUEUED, RUNNING, JobRow
    from archivolt_host.orchestration.models import LIVE, RunRow
    from archivolt_host.tenants import sessions

    runs = select(RunRow.name, RunRow.status, RunRow.problem)
    jobs = select(JobRow.name, JobRow.status, JobRow.problem)
    with sessions.reading(tenant) as work:
        rows = [
            *work.connection.execute(runs.where(RunRow.status.in_(LIVE))),
            *work.connection.execute(jobs.where(JobRow.status.in_((QUEUED, RUNNING)))),
        ]
    return [f"{name} is {status} ({problem})" for name, status, problem in rows]


def in_child(story: Story, point: int) -> bool:
    """Play a story in a fork that is killed at a point; return whether it came there.

    A refusal is an answer like any other; an unexpected error fails the test.
    """
    from archivolt_host.tenants import sessions

    sessions.databases().dispose()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _be_the_child(story, point, theirs)
    os.close(theirs)
    with os.fdopen(ours) as told:
        problem = told.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status != 0:
        raise RuntimeError(f"The story failed by itself:\n{problem}")
    return False


def _be_the_child(story: Story, point: int, told: int) -> None:
    from archivolt_host.errors import ArchivoltError

    code = 1
    try:
        with dying_at(point):
            story()
        code = 0
    except ArchivoltError:
        code = 0
    except BaseException:
        os.write(told, traceback.format_exc().encode())
    finally:
        os._exit(code)


@contextmanager
def dying_at(point: int) -> Iterator[None]:
    """Kill this process at a point: the first commit has the points 1 and 2."""
    from archivolt_host.tenants import work

    points, make_durable = count(1), work._make_durable

    def dying(connection: object) -> None:
        die_if(next(points) == point)
        make_durable(connection)  # type: ignore[arg-type]
        die_if(next(points) == point)

    work._make_durable = dying
    try:
        yield
    finally:
        work._make_durable = make_durable


def die_if(is_so: bool) -> None:
    """End this process as a power cut would."""
    if is_so:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)


def pass_time(tenant: "Tenant") -> bool:
    """Let all leases and delays of a tenant end; return whether anything is open."""
    from sqlalchemy import update

    from archivolt_host.jobs import lanes, positions
    from archivolt_host.jobs.event_models import LaneRow, SubscriberRow
    from archivolt_host.jobs.models import QUEUED, RUNNING, JobRow
    from archivolt_host.orchestration import watching
    from archivolt_host.orchestration.models import LIVE, RunRow
    from archivolt_host.plugins import dispatch
    from archivolt_host.tenants import context, sessions
    from archivolt_host.tenants.columns import now

    watching.forget()  # what it put for later is done now
    moment = now()
    with context.acting(tenant), sessions.transaction() as work:
        runs = update(RunRow).where(RunRow.status.in_(LIVE))
        waiting = update(JobRow).where(JobRow.status == QUEUED)
        running = update(JobRow).where(JobRow.status == RUNNING)
        told = update(SubscriberRow).where(SubscriberRow.lease_until.is_not(None))
        again = update(LaneRow).where(LaneRow.retry_at.is_not(None))
        changed = [
            work.connection.execute(runs.values(lease_until=moment)).rowcount,
            work.connection.execute(waiting.values(run_at=moment)).rowcount,
            work.connection.execute(running.values(lease_until=moment)).rowcount,
            work.connection.execute(told.values(lease_until=None)).rowcount,
            work.connection.execute(again.values(retry_at=moment)).rowcount,
            work.connection.scalar(positions.ANY_NEW) is not None,
            bool(
                lanes.waiting(work.connection)
                & dispatch.registry().enabled(tenant.slug)
            ),
        ]
        # Sweeps are put once for each moment, which is not to come any more.
        sweeps = waiting.where(JobRow.name == watching.SWEEP)
        work.connection.execute(sweeps.values(unique_key=None))
    return any(changed)
