"""What a list shows is what a check allows, whatever the tree and the grants are."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.service import folders
from archivolt_core_permissions.grants.models import ROOT
from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles.models import PRESETS
from archivolt_core_permissions.scopes.service import ScopeService
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import access, context
from archivolt_host.kit.db import now, uuid7
from archivolt_host.kit.paging import Page
from archivolt_host.kit.service import Service
from archivolt_host.tenants import context as tenants
from archivolt_host.tenants import hurry, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]
ACTIONS = ("documents.read", "documents.update", "documents.share", "plugins.read")
ROLES = ("guest", "member", "manager", "owner")
ME, GROUPS = uuid7(), (uuid7(), uuid7())
BASE = {"size": 1, "sha256": "0" * 64, "filename": "x", "mime_type": "text/plain"}

where = st.integers(0, 7)  # a folder by number; 0 is the tenant
moves = st.lists(st.tuples(st.integers(1, 7), where), max_size=4)
terms = st.tuples(
    st.sampled_from((ME, *GROUPS, uuid7())),
    st.sampled_from(ROLES),
    st.integers(0, 15),  # a folder, or a document from 8 on
    st.sampled_from(("allow", "allow", "deny")),
    st.sampled_from((None, None, -60, 60)),  # seconds until it ends
)
worlds = st.tuples(
    st.lists(where, min_size=7, max_size=7),  # the parent of each folder
    st.lists(where, min_size=8, max_size=8),  # the folder of each document
    moves,
    st.lists(terms, max_size=8, unique_by=lambda t: t[:3]),
    st.sets(st.sampled_from(GROUPS)),
)


class World:
    """A tree with grants, and a second opinion on who may do what in it."""

    def __init__(self, tenant, parents, places, moved, terms):
        self.tenant, self.terms, moment = tenant, terms, now()
        self.ids = {0: tenant.id}
        self.above = {}
        for number, parent in enumerate(parents, 1):
            self._add(number, min(parent, number - 1))
        for number, folder in enumerate(places, 8):
            self.ids[number], self.above[number] = uuid7(), folder
            documents.create(
                id=self.ids[number],
                title=str(number),
                folder_id=self._id(folder),
                created_at=moment,
                updated_at=moment,
                **BASE,
            )
        for number, parent in moved:
            self._move(number, parent)
        rights.changing()
        for subject, role, scope, effect, ends in terms:
            grants.create(
                subject_kind="user",
                subject_id=subject,
                role_id=PRESETS[role],
                scope_id=self.ids[scope] if scope else ROOT,
                effect=effect,
                expires_at=ends and moment + timedelta(seconds=ends),
            )

    def _id(self, number):
        return self.ids[number] if number else None

    def _add(self, number, parent):
        made = folders.create(name=uuid7().hex, parent_id=self._id(parent))
        self.ids[number], self.above[number] = made.id, parent
        access.place(made.id, self._id(parent), "folder")

    def _move(self, number, parent):
        if number in self.way_up(parent):
            return
        row = folders.get(self.ids[number], visible=access.EVERYTHING)
        folders.update(row, parent_id=self._id(parent))
        access.place(row.id, self._id(parent), "folder")
        self.above[number] = parent

    def way_up(self, number):
        way = [number]
        while way[-1]:
            way.append(self.above[way[-1]])
        return way

    def allows(self, who, action, number):
        """Decide by hand: any denial on the way up wins, else any grant allows."""
        way = self.way_up(number) if action != "plugins.read" else [0]
        effects = {
            effect
            for subject, role, scope, effect, ends in self.terms
            if subject in (who.id, *who.groups)
            and scope in way
            and holds(role, action)
            and (ends is None or ends > 0)
        }
        return effects == {"allow"}


def holds(role, action):
    least = {"documents.read": 0, "documents.update": 1, "documents.share": 2}
    return ROLES.index(role) >= least.get(action, 3)


def listed(service, action, limit):
    """Return all that a list shows, page by page."""
    found, cursor = [], None
    while True:
        page = Page(limit=limit, sort="created_at", cursor=cursor)
        part = service.filter(page, visible=access.filter(action))
        found += [row.id for row in part.items]
        if part.next is None:
            return found
        cursor = part.next


WAYS = ("at once", "each", "anyhow", "anew")


@contextmanager
def beginning(way):
    """Let lists begin in this way, or in theirs, and then anew in the other."""
    with pytest.MonkeyPatch.context() as patch:
        if way == "anew":
            patch.setattr(hurry, "STEPS", 1)
            patch.setattr(hurry, "STRIDE", 1)
        else:
            patch.setattr(rights, "_way", lambda *_: way)
        yield


def test_a_list_shows_what_a_check_allows_however_it_is_asked(tenant):
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds)
    def prove(drawn):
        look_around(tenant, *drawn)

    prove()


def look_around(tenant, parents, places, moved, granted, groups):
    """Make a world, compare what is listed and checked in it, and unmake it."""
    who = Actor(ME, "me", tenant.slug, groups=frozenset(groups))
    work = sessions.UnitOfWork(tenant.place, write=True)
    with tenants.acting(tenant), sessions.entered(work):
        world = World(tenant, parents, places, moved, granted)
        with tenants.acting(tenant, who):
            compare(world, who)
        work.rollback()


# Two folders of which the inner one is denied, and a document in each and in none.
SMALL = (
    [0, 1, 0, 0, 0, 0, 0],
    [1, 2, 0, 0, 0, 0, 0, 0],
    [],
    [(ME, "member", 1, "allow", None), (ME, "guest", 2, "deny", None)],
    set(),
)


def no_predicate(*_):
    """What a list forgets that does not ask for one."""


def no_denial(self, found):
    return self.whole or any(effect == "allow" for _, effect in found)


FAULTS = {
    "a list without the predicate": (Service, "_ways", lambda *_: (None,)),
    "a row that is got without a check": (access.Visible, "covers", lambda *_: True),
    "a check that hears no denial": (rights.Standing, "decide", no_denial),
    "a move that leaves the old rights": (ScopeService, "cut", no_predicate),
}


def test_the_small_world_is_in_order(tenant):
    look_around(tenant, *SMALL)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(tenant, fault, monkeypatch):
    monkeypatch.setattr(*FAULTS[fault])
    parents, places, _, granted, groups = SMALL
    moved = [(2, 3)] if "move" in fault else []
    with pytest.raises(AssertionError):
        look_around(
            tenant, parents, places, moved, granted[:1] if moved else granted, groups
        )


def compare(world, who):
    assert context.actor() == who
    for action in ACTIONS:
        for service, numbers in ((folders, range(1, 8)), (documents, range(8, 16))):
            rows = {
                n: service.get(world.ids[n], visible=access.EVERYTHING) for n in numbers
            }
            checked = {
                n
                for n, row in rows.items()
                if access.allowed(action, service.scope(row))
            }
            for way in WAYS:
                with beginning(way):
                    shown = listed(service, action, 3)
                assert len(shown) == len(set(shown))
                assert {n for n in numbers if world.ids[n] in shown} == checked
            assert checked == {n for n in numbers if world.allows(who, action, n)}
            assert checked == {
                n for n in numbers if _is_got(service, world.ids[n], action)
            }
        by_hand = any(world.allows(who, action, n) for n in range(16))
        assert access.allowed(action) or not by_hand


def _is_got(service, id: UUID, action):
    from archivolt_host.kit.errors import NotFoundError

    try:
        service.get(id, visible=access.filter(action))
    except NotFoundError:
        return False
    return True
