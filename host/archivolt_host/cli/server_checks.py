"""What ``archivolt doctor`` asks the servers that Archivolt uses."""

import subprocess
from urllib.parse import urlsplit

from archivolt_host.cli.checks import Check, Deployment
from archivolt_host.cli.run.valkey import ValkeyMissingError, binary

OLDEST_POSTGRESQL = 15


def postgresql(deployment: Deployment) -> Check:
    """Ask the configured PostgreSQL for its version."""
    url = deployment.postgresql_url
    if url is None:
        return Check("PostgreSQL", "ok", "Not configured; SQLite holds the data.")
    import psycopg

    where = _without_password(url)
    try:
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain, connect_timeout=3) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        step = "Start it, or correct its address in the manifest."
        sentence = f"PostgreSQL at {where} does not answer: {reason}"
        return Check("PostgreSQL", "fail", sentence, step)
    if version < OLDEST_POSTGRESQL:
        sentence = f"PostgreSQL at {where} is version {version}."
        return Check(
            "PostgreSQL", "fail", sentence, f"Use {OLDEST_POSTGRESQL} or newer."
        )
    return Check("PostgreSQL", "ok", f"PostgreSQL {version} answers at {where}.")


def valkey(deployment: Deployment) -> Check:
    """Ask the configured Redis or Valkey, or whether ours starts."""
    if deployment.valkey_url is not None:
        return configured_valkey(deployment.valkey_url)
    try:
        told = subprocess.run(  # noqa: S603 - the program that our own package ships
            [binary(), "--version"], capture_output=True, timeout=5, check=True
        )
    except ValkeyMissingError as problem:
        return Check("Valkey", "fail", str(problem))
    except (OSError, subprocess.SubprocessError) as problem:
        step = "Name a Redis or Valkey of yours as valkey_url in the manifest."
        return Check("Valkey", "fail", f"Valkey does not start: {problem}", step)
    words = told.stdout.decode().split()
    version = next((word[2:] for word in words if word.startswith("v=")), "")
    return Check("Valkey", "ok", f"The embedded Valkey {version} starts.")


def configured_valkey(url: str) -> Check:
    """Ask the Redis or Valkey at an address."""
    import redis

    where = _without_password(url)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError) as problem:
        step = "Start it, or correct valkey_url in the manifest."
        sentence = f"The server at {where} does not answer: {problem}"
        return Check("Valkey", "fail", sentence, step)
    return Check("Valkey", "ok", f"The server at {where} answers.")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
