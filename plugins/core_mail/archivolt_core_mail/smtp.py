"""The driver that hands each message to a mail server."""

import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP, SMTP_SSL, SMTPException
from typing import Any

from archivolt_host.kit.errors import UnavailableError


class SmtpMailer:
    """Speaks SMTP; encrypted where the settings say so, or not at all."""

    def __init__(self, home: Path) -> None:
        """Nothing is kept between messages: a server may hang up at any time."""

    def send(self, message: EmailMessage, settings: Mapping[str, Any]) -> None:
        """Send a message, or say why the server would not have it."""
        place = f"{settings['smtp_host']}:{settings['smtp_port']}"
        try:
            with _connected(settings) as server:
                if settings["smtp_security"] == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if settings["smtp_user"]:
                    server.login(settings["smtp_user"], settings["smtp_password"])
                server.send_message(message)
        except (OSError, SMTPException) as error:
            raise UnavailableError(
                f"The mail server {place} did not take the message: {error}"
            ) from error


def _connected(settings: Mapping[str, Any]) -> SMTP:
    place = settings["smtp_host"], settings["smtp_port"]
    patience = settings["smtp_timeout"]
    if settings["smtp_security"] == "tls":
        context = ssl.create_default_context()
        return SMTP_SSL(*place, timeout=patience, context=context)
    return SMTP(*place, timeout=patience)
