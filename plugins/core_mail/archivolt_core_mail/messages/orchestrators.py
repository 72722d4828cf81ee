"""How messages leave: after the commit, or at once."""

from archivolt_core_mail.messages import logic
from archivolt_host.kit.db import uuid7
from archivolt_host.kit.jobs import enqueue, job


def send(to: str, subject: str, text: str) -> None:
    """Have a message sent once the caller's transaction is durable."""
    logic.check(to, subject)
    enqueue(deliver, to=to, subject=subject, text=text, id=uuid7().hex)


def send_now(to: str, subject: str, text: str) -> None:
    """Send a message before anything else is written."""
    logic.send(logic.compose(to, subject, text, uuid7().hex))


@job(queue="medium", retries=8)
def deliver(to: str, subject: str, text: str, id: str) -> None:
    """Send one message; what fails is tried again, under the same id."""
    logic.send(logic.compose(to, subject, text, id))


@job(queue="low", retries=1)
def forget_files() -> int:
    """Delete mails that lie in files since long ago."""
    return logic.forget_files()
