"""What the operator reads once everything runs."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Banner:
    """The address, how to sign in, and one line to try."""

    address: str
    tenant: str
    user: str
    curl: str
    #: Only when it was generated at this start: it is shown once.
    password: str | None = None


def show(banner: Banner, echo: Callable[[str], None] = print) -> None:
    """Print the banner as plain lines, which copy and paste well."""
    password = banner.password or "as set before"
    echo("")
    echo(f"  Archivolt runs at {banner.address}")
    echo(
        f"  Sign in           tenant {banner.tenant}, user {banner.user},"
        f" password {password}"
    )
    echo(f"  Try it            {banner.curl}")
    echo("  Stop it           Ctrl-C")
    echo("")
