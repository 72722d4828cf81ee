"""The driver that writes each message into a file."""

import os
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any


class FileMailer:
    """Writes ``.eml`` files below the home; nothing leaves the machine."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "mail"

    def send(self, message: EmailMessage, settings: Mapping[str, Any]) -> None:
        """Write a message; the same one again takes the place of the first."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        path = self._folder / f"{message['X-Archivolt-Tenant']}-{name}.eml"
        draft = path.with_suffix(".part")
        # Whoever reads such a message can be whom it is for.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes(policy=SMTP))
        draft.replace(path)

    def forget(self, before: float) -> int:
        """Delete files older than ``before``, in seconds since the epoch."""
        count = 0
        for path in self._folder.glob("*.eml"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count
