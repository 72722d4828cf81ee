"""What rights cost in a large tenant: ``python -m benchmarks permissions``.

A million grants, half a million containers in four levels, ten thousand users in five
groups each, on SQLite and on a PostgreSQL server of its own.
``python -m benchmarks.permissions [SHARE] [sqlite|schema]`` measures a part of that
size, or in one place alone.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from archivolt_core_documents.folders.models import Folder
from archivolt_core_documents.folders.service import folders
from archivolt_core_permissions.grants.models import Grant
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles.models import PRESETS
from archivolt_core_permissions.scopes.models import ScopePath
from archivolt_hookspecs.identity import Actor
from archivolt_host.app import Host, open_host
from archivolt_host.cli.logging import configure
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.kit import access
from archivolt_host.kit.access import Scope
from archivolt_host.kit.db import now, reading, transaction, uuid7
from archivolt_host.kit.paging import Page
from archivolt_host.kit.testing.postgres import Postgres
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.sessions import connection
from benchmarks.seed_archivolt import tenant_of

READ = "documents.read"
CHECKS, LISTS, BATCH = 2000, 200, 5000
MANIFEST = Path(__file__).parents[1] / "manifest.toml"
PLACES = {"sqlite": "SQLite", "schema": "PostgreSQL"}
ON_POSTGRES = """[host]
catalog_url = "{login}"
migrator_url = "{migrator}"
default_placement = "schema"
"""


def tree(count: int) -> list[tuple[UUID, tuple[UUID, ...]]]:
    """Return containers in four levels, each with its way up."""
    fan = max(2, round(count ** (1 / 4)))
    found: list[tuple[UUID, tuple[UUID, ...]]] = []
    level: list[tuple[UUID, ...]] = [()]
    while len(found) < count:
        level = [(uuid7(), *way) for way in level for _ in range(fan)]
        found += [(way[0], way) for way in level[: count - len(found)]]
    return found


def in_batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut rows into batches, a transaction each."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def fill(share: float) -> tuple[list[Actor], list[tuple[UUID, tuple[UUID, ...]]]]:
    """Write users' and groups' grants on a tree of folders; return both."""
    chance = random.Random(7)
    nodes = tree(int(500_000 * share))
    users = [uuid7() for _ in range(max(20, int(10_000 * share)))]
    groups = [uuid7() for _ in range(max(10, int(2_000 * share)))]
    moment = now()
    store(lambda rows: raw(Folder, rows), (_folder(n, way, moment) for n, way in nodes))
    paths = (
        {"scope_id": node, "ancestor_id": above, "depth": depth}
        for node, way in nodes
        for depth, above in enumerate(way)
    )
    store(lambda rows: raw(ScopePath, rows), paths)
    wanted = int(1_000_000 * share)
    store(
        lambda rows: raw(Grant, rows),
        (_grant(chance, users, groups, nodes, moment) for _ in range(wanted)),
    )
    with transaction():
        rights.changing()
    slug = context.tenant().slug
    actors = [
        Actor(u, "somebody", slug, groups=frozenset(chance.sample(groups, 5)))
        for u in users
    ]
    return actors, nodes


def _folder(id: UUID, way: Sequence[UUID], moment: Any) -> dict[str, Any]:
    parent = way[1] if len(way) > 1 else None
    times = {"created_at": moment, "updated_at": moment}
    name = id.hex[::-1]  # it says nothing of where in the tree the folder is
    return {"id": id, "name": name, "parent_id": parent, "revision": 1, **times}


def _grant(
    chance: random.Random,
    users: Sequence[UUID],
    groups: Sequence[UUID],
    nodes: Sequence[tuple[UUID, tuple[UUID, ...]]],
    moment: Any,
) -> dict[str, Any]:
    to_group = chance.random() < 0.1
    return {
        "id": uuid7(),
        "subject_kind": "group" if to_group else "user",
        "subject_id": chance.choice(groups if to_group else users),
        "scope_id": chance.choice(nodes)[0],
        "role_id": PRESETS[chance.choice(("guest", "member", "manager"))],
        "effect": "allow",
        "created_at": moment,
    }


def store(write: Callable[[Any], object], rows: Iterator[dict[str, Any]]) -> None:
    """Write rows, a transaction to a batch."""
    for batch in in_batches(rows):
        with transaction():
            write(batch)


def raw(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows past the journal; what is there already stays."""
    dialect, names = connection().dialect.name, list(rows[0])
    mark = ":{}" if dialect == "sqlite" else "%({})s"
    values = ", ".join(mark.format(name) for name in names)
    into = f"INSERT INTO {model.__tablename__} ({', '.join(names)})"
    cursor = connection().connection.cursor()
    cursor.executemany(
        f"{into} VALUES ({values}) ON CONFLICT DO NOTHING",
        [{n: _plain(v, dialect) for n, v in row.items()} for row in rows],
    )
    cursor.close()


def _plain(value: Any, dialect: str) -> Any:
    if dialect == "sqlite" and isinstance(value, UUID):
        return value.hex
    if dialect == "sqlite" and hasattr(value, "isoformat"):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    return value


def timed(count: int, one: Callable[[int], object]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    spent = []
    for number in range(count):
        began = time.perf_counter()
        one(number)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return spent[len(spent) // 2], spent[int(len(spent) * 0.99)]


def measure(share: float, host: Host) -> None:
    """Fill a tenant and print each figure beside its goal."""
    tenant = tenant_of(host, "large")
    with context.acting(tenant):
        actors, nodes = fill(share)
        with reading() as work:
            goal = 1.0 if work.connection.dialect.name == "sqlite" else 2.0
            one = select(text("1"))
            floor = timed(CHECKS, lambda _: work.connection.execute(one).all())
    print(f"  {len(nodes):,} scopes, {len(actors):,} users, {share:.0%} of the size")
    chance = random.Random(11)

    def checked(number: int) -> bool:
        actor = actors[number % len(actors)]
        node, way = chance.choice(nodes)
        parent = way[1] if len(way) > 1 else None
        return access.allowed(READ, Scope(node, parent), actor=actor)

    def remembered(number: int) -> bool:
        return rights.granted(actors[0], READ)

    def listed(number: int) -> int:
        actor = actors[number % len(actors)]
        visible = access.Visible(READ, actor)
        page = Page(limit=50, sort="name")
        return len(folders.filter(page, visible=visible).items)

    with context.acting(tenant), sessions.reading():
        for actor in actors[:CHECKS]:
            rights.granted(actor, READ)  # what they hold is read once per change
        check, snapshot = timed(CHECKS, checked), timed(CHECKS, remembered)
        timed(min(LISTS, len(actors)), listed)
        pages = timed(LISTS, listed)
    show("one query, the floor", floor, None)
    show("a check, beyond the floor", (check[0] - floor[0], check[1] - floor[1]), goal)
    show("a check from the snapshot", snapshot, 0.01)
    show("a list page of 50", pages, 5.0)


def show(what: str, found: tuple[float, float], goal: float | None) -> None:
    """Print a figure beside its goal, which is for the 99th percentile."""
    wanted = "" if goal is None else f"   goal {goal:g} ms"
    print(f"  {what:28} p50 {found[0]:8.4f} ms   p99 {found[1]:8.4f} ms{wanted}")


def main(share: float = 1.0, places: Sequence[str] = tuple(PLACES)) -> None:
    """Measure in each place."""
    configure()
    for place in places:
        print(f"\nRights, {PLACES[place]}:")
        with opened(place) as host:
            measure(share, host)


@contextmanager
def opened(place: str) -> Iterator[Host]:
    """Open a host in a home, and on a server, of its own."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="archivolt-rights-")))
        manifest = home / "manifest.toml"
        manifest.write_text(MANIFEST.read_text())
        if place == "schema":
            folder = stack.enter_context(TemporaryDirectory(prefix="archivolt-pg-"))
            server = Postgres(Path(folder), options=("listen_addresses=",))
            stack.callback(server.stop)
            server.start()
            made = server.database()
            given = ON_POSTGRES.format(login=made.login_url, migrator=made.migrator_url)
            manifest.write_text(MANIFEST.read_text().replace("[host]\n", given, 1))
        host = open_host(Home(home / "home"), manifest)
        stack.callback(host.close)
        prepare_catalog_database(host)
        yield host


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, sys.argv[2:] or tuple(PLACES)
    )
