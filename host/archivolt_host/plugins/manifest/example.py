"""Write an example manifest from what the host and the plugins declare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from archivolt_host.plugins.manifest.host_settings import HOST_SETTINGS
from archivolt_host.plugins.secrets import Secret
from archivolt_host.plugins.settings import Setting, display, written

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

_HEAD = """\
# The deployment: its plugins, their settings, and who has what.
# A line that is commented out shows the default. Precedence: default, then
# [plugins.NAME], then [tenants.SLUG.settings.NAME], then run-time overrides.
# A manifest.local.toml beside this file overrides single values.
"""
_TENANT = """
# What one tenant has beyond the defaults, or does without:
# [tenants.acme]
# enabled = []
# disabled = []
"""


def example(infos: Mapping[str, PluginInfo]) -> str:
    """Write a manifest with every setting there is, commented out at its default."""
    plugins = [infos[plugin] for plugin in sorted(infos)]
    lines = [_HEAD, "[host]", *_settings(HOST_SETTINGS)]
    for info in plugins:
        lines += ["", *_comment(f"{info.name}: {info.summary}")]
        lines += [f"[plugins.{info.id}]", *_settings(info.settings.values())]
    lines += ["", "# On for every tenant.", "[defaults]", _defaults(plugins), _TENANT]
    for info in plugins:
        lines += _tenant_settings(info)
    return "\n".join(lines).rstrip() + "\n"


def toml(value: Any) -> str:
    """Write a setting's value as TOML."""
    if isinstance(value, Secret):
        return json.dumps(value.literal)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    # TOML's basic strings, numbers and booleans are JSON's.
    return json.dumps(value, ensure_ascii=False)


def _defaults(plugins: Iterable[PluginInfo]) -> str:
    return f"enabled = {toml([info.id for info in plugins])}"


def _settings(settings: Iterable[Setting]) -> Iterator[str]:
    for setting in settings:
        yield from _comment(f"{setting.summary} ({_facts(setting)})".lstrip())
        yield f"# {setting.name} = {_value(setting)}"


def _tenant_settings(info: PluginInfo) -> Iterator[str]:
    own = [one for one in info.settings.values() if one.scope == "tenant"]
    if own:
        yield f"# [tenants.acme.settings.{info.id}]"
        yield from (f"# {setting.name} = {_value(setting)}" for setting in own)


def _comment(text: str) -> list[str]:
    return wrap(text, 88, initial_indent="# ", subsequent_indent="# ")


def _facts(setting: Setting) -> str:
    facts = [setting.type]
    if setting.choices:
        facts.append(f"one of {', '.join(setting.choices)}")
    if setting.minimum is not None:
        facts.append(f"at least {written(setting, setting.minimum)}")
    if setting.maximum is not None:
        facts.append(f"at most {written(setting, setting.maximum)}")
    if setting.required:
        facts.append("required")
    facts.append(f"default {display(setting, setting.default) or 'empty'}")
    return "; ".join(facts)


def _value(setting: Setting) -> str:
    if setting.secret:
        return f'{{ secret = "env:{setting.name.upper()}" }}'
    blank: dict[str, Any] = {"list": [], "boolean": False, "integer": 0, "number": 0}
    if setting.default is None:
        return toml(blank.get(setting.type, ""))
    return toml(written(setting, setting.default))
