"""What can be wrong with a declaration, told in sentences that say what to do."""

from collections.abc import Iterable


class MetadataError(Exception):
    """A plugin.toml that cannot be used."""


class SettingError(ValueError):
    """A value that does not fit its setting."""


def listed(names: Iterable[str]) -> str:
    """Join names for a sentence, in order."""
    return ", ".join(sorted(names)) or "none"


def did_you_mean(wrong: str, names: Iterable[str]) -> str:
    """Suggest the nearest name, as the end of a sentence, or nothing."""
    from difflib import get_close_matches  # only a mistake pays for this import

    near = get_close_matches(wrong, list(names), n=1)
    return f" Did you mean {near[0]}?" if near else ""
