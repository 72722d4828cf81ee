"""Sample users for ``archivolt demo``."""

from archivolt_core_identity.users import logic
from archivolt_core_identity.users.service import users

PEOPLE = (("ada", logic.OWNER), ("grace", logic.MEMBER), ("linus", logic.MEMBER))
PASSWORD = "demo-password"  # noqa: S105 - meant to be known


def load() -> str:
    """Add the sample users that are not there yet."""
    new = [(n, r) for n, r in PEOPLE if users.by_name(logic.name_key(n)) is None]
    for name, role in new:
        logic.create(name, PASSWORD, roles=(role,))
    names = ", ".join(name for name, _ in PEOPLE)
    return f"{len(new)} users ({names}; password {PASSWORD})"
