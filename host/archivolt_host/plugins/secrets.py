"""Secrets by reference: read late, and never printed."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archivolt_host.plugins.errors import SettingError

MASK = "********"
REFERENCE_PATTERN = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"


@dataclass(frozen=True, repr=False)
class Secret:
    """A secret, or where to find it; ``resolve_secret`` gives the text."""

    literal: str = ""
    reference: str = ""

    def __bool__(self) -> bool:
        """Tell whether there is a secret at all, without reading it."""
        return bool(self.literal or self.reference)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


def read_secret(name: str, raw: Any) -> Secret:
    """Accept ``{ secret = "env:NAME" }``, ``{ secret = "file:/path" }`` or a text."""
    if isinstance(raw, Secret):
        return raw
    if isinstance(raw, str):
        return Secret(literal=raw)
    if isinstance(raw, Mapping) and set(raw) == {"secret"}:
        return Secret(reference=_checked(name, raw["secret"]))
    raise SettingError(_how(name))


def resolve_secret(secret: Secret | Mapping[str, str] | str) -> str:
    """Fetch the text behind a secret or a reference such as ``env:NAME``."""
    if isinstance(secret, Secret) and not secret.reference:
        return secret.literal
    kind, _, target = _reference(secret).partition(":")
    return _from_environment(target) if kind == "env" else _from_file(target)


def _reference(secret: Secret | Mapping[str, str] | str) -> str:
    if isinstance(secret, Secret):
        return secret.reference
    text = secret if isinstance(secret, str) else secret.get("secret")
    return _checked("The secret", text)


def _checked(name: str, reference: object) -> str:
    if isinstance(reference, str) and re.fullmatch(REFERENCE_PATTERN, reference):
        return reference
    raise SettingError(_how(name))


def _how(name: str) -> str:
    return (
        f'{name} is secret: write {{ secret = "env:NAME" }} or '
        '{ secret = "file:/path" }.'
    )


def _from_environment(name: str) -> str:
    text = os.environ.get(name, "")
    if not text:
        raise SettingError(
            f"The environment variable {name} is not set: set it to the secret."
        )
    return text


def _from_file(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingError(
            f"The secret file {path} cannot be read ({reason}): check the path and "
            "its permissions."
        ) from error
    if not text:
        raise SettingError(f"The secret file {path} is empty: write the secret in it.")
    return text
