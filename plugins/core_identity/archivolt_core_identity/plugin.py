"""The identity plugin: all that it adds to the platform, on one page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from archivolt_core_identity.attempts import logic as attempts
from archivolt_core_identity.attempts import orchestrators as tries
from archivolt_core_identity.factors import views as factor_views
from archivolt_core_identity.groups import logic as groups
from archivolt_core_identity.groups import views as group_views
from archivolt_core_identity.invitations import orchestrators as invitations
from archivolt_core_identity.invitations import views as invitation_views
from archivolt_core_identity.keys import logic as keys
from archivolt_core_identity.keys import views as key_views
from archivolt_core_identity.passwords import orchestrators as resets
from archivolt_core_identity.passwords import views as password_views
from archivolt_core_identity.sessions import orchestrators as ends
from archivolt_core_identity.sessions import views as session_views
from archivolt_core_identity.tokens import logic as tokens
from archivolt_core_identity.tokens import views as token_views
from archivolt_core_identity.users import commands, logic, samples
from archivolt_core_identity.users import views as user_views
from archivolt_core_identity.users.service import users
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.identity import Actor, UserInfo
from archivolt_hookspecs.registration import Action, Permission, Schedule

DAY = 86400  # seconds


class Identity:
    """Knows who is asking."""

    @hookimpl
    def extend_application(self, app: Any) -> None:
        """Set up the signing of tokens."""
        tokens.set_up(app)

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve ``/vault/auth``, ``/vault/users`` and ``/vault/me``."""
        return [
            token_views.blueprint,
            token_views.jwt,
            session_views.blueprint,
            password_views.blueprint,
            factor_views.blueprint,
            key_views.blueprint,
            group_views.blueprint,
            invitation_views.blueprint,
            user_views.blueprint,
            user_views.me,
        ]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name what the host's own routes ask for."""
        return [
            Permission("plugins.read", "See the plugins and their settings."),
            Permission("plugins.manage", "Switch plugins and change settings."),
            Permission("users.read", "See the users of the tenant.", ("manager",)),
            Permission("users.manage", "Add users and change them."),
            Permission("jobs.read", "See everybody's jobs."),
            Permission("jobs.manage", "Cancel jobs, and have them tried again."),
            Permission("events.read", "See all news, and where plugins hang."),
            Permission("events.manage", "Have plugins told again."),
            Permission("schedules.read", "See what runs by itself."),
            Permission("schedules.manage", "Have something run by itself."),
            Permission("runs.read", "See everybody's runs."),
            Permission("runs.manage", "Retry, skip and cancel runs."),
        ]

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """Mail those who forgot their password, and those who are invited."""
        return [resets.send_reset, invitations.send_invitation]

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Forget what ended long ago."""
        return [
            Schedule("forget_sessions", ends.forget_sessions, every=DAY, shared=True),
            Schedule("forget_attempts", tries.forget_attempts, every=DAY, shared=True),
            Schedule("forget_resets", resets.forget_resets, every=DAY, shared=True),
            Schedule(
                "forget_invitations",
                invitations.forget_invitations,
                every=DAY,
                shared=True,
            ),
        ]

    @hookimpl
    def register_actions(self) -> Sequence[Action]:
        """Let others make users: the host the first one, tests and imports more."""
        given = ("username", "password")
        acting = ("user", "impersonator", "reason", "to")
        return [
            Action("count_attempt", attempts.count, ("name",)),
            Action("forget_attempts", attempts.forget, ("name",)),
            Action("impersonate", tokens.impersonate, acting),
            Action("create_first_admin", logic.create_admin, given),
            Action("ensure_user", logic.ensure, (*given, "roles"), "users.manage"),
        ]

    @hookimpl
    def register_commands(self) -> Sequence[Any]:
        """Add ``archivolt users``."""
        return [commands.users]

    @hookimpl
    def load_samples(self) -> str:
        """Add a few users to try things out with."""
        return samples.load()

    @hookimpl
    def identify(self, scheme: str, token: str) -> Actor | None:
        """Tell whose token, key or cookie it is."""
        if scheme == "Token":
            return keys.identify(token)
        if scheme == "Session":
            return tokens.identify_browser(token)
        return tokens.identify(token)

    @hookimpl
    def group_name(self, group: UUID) -> str | None:
        """Look a group up."""
        return groups.name_of(group)

    @hookimpl
    def find_actor(self, who: str) -> Actor | None:
        """Look a user up by id or name."""
        return logic.find_actor(who)

    @hookimpl
    def describe_user(self, id: UUID) -> UserInfo | None:
        """Tell how to reach a user."""
        found = users.find(id)
        return None if found is None else logic.info(found)
