"""What the sandbox and its helper say to each other."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from archivolt_core_documents.extraction.results import Extracted, Limits

MESSAGE = 64 * 1024
LATE = "late"
NO_CHILD = "no child"
EXITED = "exit 0"


@dataclass(frozen=True)
class Request:
    """One document to read."""

    path: Path
    mime_type: str
    limits: Limits

    def pack(self) -> bytes:
        """Write the request as one message."""
        fields = [str(self.path), self.mime_type, asdict(self.limits)]
        return json.dumps(fields).encode()

    @classmethod
    def unpack(cls, message: bytes) -> "Request":
        """Read it back."""
        path, mime_type, limits = json.loads(message)
        return cls(Path(path), mime_type, Limits(**limits))


def pack(answer: Extracted) -> bytes:
    """Write an answer: a line about the text, then the text."""
    head = json.dumps([answer.status, answer.problem]).encode()
    return b"\n".join((head, answer.text.encode("utf-8", "ignore")))


def unpack(message: bytes, limits: Limits) -> Extracted:
    """Read an answer; a child that went wrong may have written anything."""
    head, _, body = message.partition(b"\n")
    status, problem = json.loads(head)
    if status not in ("done", "empty", "unsupported", "failed"):
        raise ValueError(status)
    text = body.decode("utf-8", "ignore").replace("\0", "")[: limits.characters]
    return Extracted(status, text, None if problem is None else str(problem))
