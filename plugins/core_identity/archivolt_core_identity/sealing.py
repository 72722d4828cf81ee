"""Keeps secrets that must be read again: encrypted, with a key that no database has."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from archivolt_host.kit.context import tenant
from archivolt_host.kit.errors import UnavailableError

NONCE = 12


def seal(text: str) -> str:
    """Return a text that only this deployment can read, in this tenant."""
    nonce = os.urandom(NONCE)
    sealed = _cipher().encrypt(nonce, text.encode(), tenant().slug.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed."""
    raw = urlsafe_b64decode(sealed)
    try:
        text = _cipher().decrypt(raw[:NONCE], raw[NONCE:], tenant().slug.encode())
    except InvalidTag as error:
        raise UnavailableError(
            "The second factor was sealed with another secret_key than today's: have "
            "it removed by somebody who manages users, and enrol anew."
        ) from error
    return text.decode()


def _cipher() -> AESGCM:
    secret = str(current_app.config["SECRET_KEY"])
    return AESGCM(sha256(f"archivolt second factors\n{secret}".encode()).digest())
