"""The rules of the messages domain. Knows no SQL and no HTTP."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.drivers import driver
from archivolt_host.kit.errors import InvalidError
from archivolt_host.kit.settings import secret, setting

PLUGIN = "core_mail"
SETTINGS = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_timeout")
WHERE = ("smtp_host", "smtp_port", "smtp_security")
MAX_SUBJECT = 500


def check(to: str, subject: str) -> None:
    """Refuse an address that is none, and a subject that is more than one line."""
    try:
        Address(addr_spec=to)
    except (ValueError, IndexError) as error:
        raise InvalidError(
            f"{to!r} is no e-mail address.", {"to": ["No e-mail address."]}
        ) from error
    if not subject.isprintable() or len(subject) > MAX_SUBJECT:
        raise InvalidError(
            f"A subject is one line of at most {MAX_SUBJECT} characters.",
            {"subject": ["One line."]},
        )


def compose(to: str, subject: str, text: str, id: str) -> EmailMessage:
    """Return a message; the same id is the same message, however often it is sent."""
    check(to, subject)
    sender = str(setting(PLUGIN, "sender"))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
    message["X-Archivolt-Tenant"] = tenant().slug
    message.set_content(text)
    return message


def send(message: EmailMessage) -> None:
    """Hand a message to the driver that the tenant has chosen."""
    settings: dict[str, Any] = {name: setting(PLUGIN, name) for name in SETTINGS}
    settings["smtp_password"] = secret(PLUGIN, "smtp_password", sent_to=WHERE)
    driver("mail", setting(PLUGIN, "driver")).send(message, settings)


def forget_files() -> int:
    """Delete what the file driver wrote long ago, whosever it is; return how many."""
    before = now().timestamp() - setting(PLUGIN, "keep_files")
    return int(driver("mail", "file").forget(before))
