"""What the operator reads once everything runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote


@dataclass(frozen=True)
class Banner:
    """The address, how to sign in, and one line to try."""

    address: str
    tenant: str
    user: str
    #: Only when it was generated at this start: it is shown once.
    password: str | None = None

    @property
    def curl(self) -> str:
        """A line that works as it stands: a sign-in, where the password is known."""
        if self.password is None:
            return f"curl {self.address}/vault/health/ready"
        sent = json.dumps({"username": self.user, "password": self.password})
        return (
            f"curl {self.address}/vault/auth/token -H {quote(f'Org: {self.tenant}')}"
            f" -H 'Content-Type: application/json' -d {quote(sent)}"
        )


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
    echo("")
