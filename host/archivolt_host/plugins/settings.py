"""Typed settings: what a plugin or the host can be told, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from archivolt_host.plugins import units
from archivolt_host.plugins.errors import SettingError, listed
from archivolt_host.plugins.secrets import MASK, Secret, read_secret, resolve_secret
from archivolt_host.plugins.types import TYPES

__all__ = [
    "MASK",
    "Secret",
    "Setting",
    "SettingError",
    "check_declaration",
    "display",
    "parse",
    "parse_sent",
    "resolve_secret",
    "written",
]

Scope = Literal["host", "tenant"]


@dataclass(frozen=True)
class Setting:
    """One setting; ``default``, ``minimum`` and ``maximum`` are typed values."""

    name: str
    type: str
    default: Any = None
    summary: str = ""
    scope: Scope = "host"
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    driver: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @classmethod
    def declare(cls, name: str, type: str, default: Any = None, **more: Any) -> Setting:
        """Build a setting whose default and limits are written as people write them."""
        bare = cls(name, type, **{**more, "minimum": None, "maximum": None})
        limits = {
            key: parse(replace(bare, choices=()), more[key])
            for key in ("minimum", "maximum")
            if more.get(key) is not None
        }
        bounded = replace(bare, **limits)
        if default is None:
            return bounded
        return replace(bounded, default=parse(bounded, default))


def parse(setting: Setting, raw: Any) -> Any:
    """Turn what somebody wrote into the setting's value, or raise SettingError."""
    if setting.secret:
        return read_secret(setting.name, raw)
    read, expected = TYPES[setting.type]
    try:
        value = read(raw)
    except (TypeError, ValueError):
        raise SettingError(
            f"{setting.name} must be {expected}, not {_short(raw)}."
        ) from None
    _check_choices(setting, value)
    _check_driver(setting, value)
    _check_limits(setting, value)
    return value


def parse_sent(setting: Setting, raw: Any) -> Any:
    """Read what a tenant sends at run time, who knows no secret but its own text."""
    if setting.scope != "tenant":
        raise SettingError("Only the operator sets it, in the manifest.")
    if setting.secret and not isinstance(raw, str):
        raise SettingError("Only the operator refers to secrets, in the manifest.")
    return parse(setting, raw)


def written(setting: Setting, value: Any) -> Any:
    """Give a value back as it would be written in TOML: ``2GiB``, not 2147483648."""
    if setting.type == "duration" and isinstance(value, int):
        return units.write_seconds(value)
    if setting.type == "size" and isinstance(value, int):
        return units.write_size(value)
    return list(value) if isinstance(value, tuple) else value


def display(setting: Setting, value: Any) -> str:
    """Show a value to a person: secrets and the passwords in URLs are masked."""
    if value is None:
        return ""
    if setting.secret or isinstance(value, Secret):
        return MASK if value else ""
    shown = written(setting, value)
    if isinstance(shown, bool):
        return str(shown).lower()
    return _masked(", ".join(shown) if isinstance(shown, list) else str(shown))


def check_declaration(setting: Setting) -> None:
    """Refuse a declaration that no value could fit."""
    if setting.scope not in ("host", "tenant"):
        raise SettingError('The scope of a setting is "host" or "tenant".')
    if setting.secret and setting.type not in ("string", "url"):
        raise SettingError("A secret setting has the type string or url.")
    if setting.driver and setting.type != "string":
        raise SettingError("A setting that names a driver has the type string.")
    if setting.choices and setting.type not in ("string", "list"):
        raise SettingError("Choices are for settings of the type string or list.")
    limited = (setting.minimum, setting.maximum) != (None, None)
    if limited and setting.type not in ("integer", "number", "duration", "size"):
        raise SettingError(
            "A minimum or maximum is for integer, number, duration and size."
        )


def _check_choices(setting: Setting, value: Any) -> None:
    if not setting.choices:
        return
    for item in value if isinstance(value, tuple) else (value,):
        if item not in setting.choices:
            raise SettingError(
                f"{setting.name} must be one of {', '.join(setting.choices)}, "
                f"not {_short(item)}."
            )


def _check_driver(setting: Setting, value: Any) -> None:
    """Refuse a driver that nobody brings; the default needs no look."""
    if not setting.driver or value == setting.default:
        return
    known = _drivers(setting.driver)
    if value not in known:
        raise SettingError(
            f"{setting.name} must be one of {listed(known)}, not {_short(value)}: a "
            f"package brings others, in the group archivolt.drivers.{setting.driver}."
        )


@cache  # what is installed later needs another start
def _drivers(kind: str) -> frozenset[str]:
    from importlib.metadata import entry_points

    return frozenset(entry_points(group=f"archivolt.drivers.{kind}").names)


def _check_limits(setting: Setting, value: Any) -> None:
    low, high = setting.minimum, setting.maximum
    if low is not None and value < low:
        raise SettingError(f"{setting.name} must be at least {written(setting, low)}.")
    if high is not None and value > high:
        raise SettingError(f"{setting.name} must be at most {written(setting, high)}.")


def _masked(text: str) -> str:
    return re.sub(r"(://[^/@:]*:).*@", rf"\1{MASK}@", text)


def _short(raw: Any) -> str:
    text = _masked(repr(raw))
    return text if len(text) <= 60 else f"{text[:57]}..."
