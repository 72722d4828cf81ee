"""The permissions plugin: all that it adds to the platform, on one page."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from archivolt_core_permissions.explanations import views as explanation_views
from archivolt_core_permissions.grants import logic as grants
from archivolt_core_permissions.grants import orchestrators
from archivolt_core_permissions.grants import views as grant_views
from archivolt_core_permissions.people import logic as people
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles import logic as roles
from archivolt_core_permissions.roles import views as role_views
from archivolt_core_permissions.scopes import logic as scopes
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.identity import Actor, UserInfo
from archivolt_hookspecs.registration import Permission, Schedule


class Permissions:
    """Knows who may do what, where, and why."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve roles, grants, and explanations."""
        return [
            role_views.blueprint,
            grant_views.blueprint,
            explanation_views.blueprint,
        ]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name what the routes ask for; nobody gives rights in somebody else's name."""
        managers, owners = ("manager",), ("owner",)
        return [
            Permission("roles.read", "See roles.", managers),
            Permission(
                "roles.manage", "Make and change roles.", owners, impersonated=False
            ),
            Permission("grants.read", "See who has which role.", managers),
            Permission(
                "grants.manage", "Grant and deny roles.", owners, impersonated=False
            ),
            Permission("permissions.explain", "See why somebody may act.", managers),
        ]

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """End grants whose time is over."""
        return [orchestrators.revoke_expired]

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """End them every hour; they count for nothing from their end on."""
        revoke = orchestrators.revoke_expired
        return [Schedule("revoke_expired", revoke, every=3600, shared=True)]

    @hookimpl
    def permission_granted(self, actor: Actor, permission: str) -> bool:
        """Look among the actor's roles."""
        return rights.granted(actor, permission)

    @hookimpl
    def access_granted(
        self, actor: Actor, action: str, scope: UUID, parent: UUID | None
    ) -> bool:
        """Allow what a grant allows and none denies, on the object or above it."""
        return rights.granted_on(actor, action, scope, parent)

    @hookimpl
    def access_predicate(
        self, actor: Actor, action: str, scope_column: Any, parent_column: Any
    ) -> Any:
        """Say the same of each row."""
        return rights.predicate(actor, action, scope_column, parent_column)

    @hookimpl
    def roles_of(self, user: UUID, groups: frozenset[UUID]) -> frozenset[str]:
        """Look among the grants on the tenant."""
        return rights.roles_of(user, groups)

    @hookimpl
    def roles_of_many(
        self, people: Mapping[UUID, frozenset[UUID]]
    ) -> Mapping[UUID, frozenset[str]]:
        """Look for them in one go."""
        return rights.roles_of_many(people)

    @hookimpl
    def scope_saved(self, scope: UUID, parent: UUID | None) -> None:
        """Keep the tree of containers."""
        scopes.save(scope, parent)

    @hookimpl
    def scopes_removed(self, scopes: Sequence[UUID]) -> None:
        """Forget containers, and the grants on what is gone."""
        grants.forget_scopes(scopes)

    @hookimpl
    def user_saved(self, user: UserInfo, roles: Sequence[str] | None) -> None:
        """Grant a user their roles on the tenant."""
        people.follow_user(user, roles)

    @hookimpl
    def user_removal_refused(self, user_id: UUID) -> str | None:
        """Keep the last owner."""
        return people.why_owner_stays(user_id)

    @hookimpl
    def roles_refused(self, roles: Sequence[str]) -> None:
        """Let nobody give roles that are not there, or beyond their own."""
        people.refuse_giving(roles)

    @hookimpl
    def takeover_refused(self, subjects: Sequence[UUID]) -> None:
        """Let nobody get at the rights of who holds more."""
        people.refuse_takeover(subjects)

    @hookimpl
    def user_removed(self, user_id: UUID) -> None:
        """Forget what was granted to a user."""
        people.forget_subject(user_id)

    @hookimpl
    def group_removed(self, group_id: UUID) -> None:
        """Forget what was granted to a group."""
        people.forget_subject(group_id)

    @hookimpl
    def plugin_purged(self, plugin: str) -> None:
        """Take the permissions of a plugin that is gone out of every role."""
        roles.forget_plugin(plugin)

    @hookimpl
    def visible_events(self, events: Sequence[EventInfo]) -> Collection[int]:
        """Show the news of grants to whoever may see all grants."""
        return grant_views.visible_events(events)
