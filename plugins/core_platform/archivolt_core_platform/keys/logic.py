"""The rules of the keys domain. Knows no SQL and no HTTP."""

import hmac
from secrets import token_hex
from typing import Any

from archivolt_core_platform.keys.service import keys
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import NotFoundError, RefusedError

FIRST = "0"


def signing_keys(secret: str) -> dict[str, str] | None:
    """Return the keys in use, the newest first; None where none was ever made."""
    found = {k.name: _key(secret, k.salt) for k in keys.all() if k.retired_at is None}
    return found or None


def _key(secret: str, salt: str) -> str:
    if not salt:
        return secret
    return hmac.new(secret.encode(), bytes.fromhex(salt), "sha256").hexdigest()


def rotate() -> str:
    """Make a new key and return its name; the older ones stay good."""
    name = token_hex(4)
    new = [{"name": name, "salt": token_hex(32)}]
    first = [] if keys.all() else [{"name": FIRST, "salt": ""}]
    keys.add(*first, *new)
    return name


def retire(name: str) -> None:
    """Let a key be good no more: whoever holds a token signed with it is out."""
    held = keys.all()
    key = next((one for one in held if one.name == name), None)
    if key is None:
        raise NotFoundError("Key", name)
    if not [k for k in held if k.retired_at is None and k.name != name]:
        raise RefusedError(
            "This is the only key: 'archivolt keys rotate' makes another."
        )
    if key.retired_at is None:
        keys.change(key, retired_at=now())


def listed() -> list[Any]:
    """Return all keys, the newest first."""
    return keys.all()
