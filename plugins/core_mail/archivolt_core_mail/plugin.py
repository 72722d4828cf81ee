"""The mail plugin: all that it adds to the platform, on one page."""

from collections.abc import Sequence
from typing import Any

from archivolt_core_mail.messages import orchestrators
from archivolt_core_mail.messages.schemas import MessageSchema
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action, Schedule


class Mail:
    """Sends messages for whoever asks."""

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """Send what waits."""
        return [orchestrators.deliver]

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Forget what lies in files, of all tenants at once: they share a folder."""
        forget = orchestrators.forget_files
        return [Schedule("forget_files", forget, every=86400, public=True)]

    @hookimpl
    def register_actions(self) -> Sequence[Action]:
        """Send a message after the commit, or now."""
        later, at_once = orchestrators.send, orchestrators.send_now
        return [
            Action("send_mail", later, offered=True, schema=MessageSchema),
            Action("deliver_mail", at_once, kind="external", schema=MessageSchema),
        ]
