"""Write run-time overrides into a manifest's text, which keeps its comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archivolt_host.plugins.overrides import ENABLED, SETTING

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from archivolt_host.plugins.manifest.model import Manifest
    from archivolt_host.plugins.metadata import PluginInfo
    from archivolt_host.plugins.overrides import Change


@dataclass(frozen=True)
class Export:
    """The manifest's new text, what is in it now, and what could not be, and why."""

    text: str
    written: tuple[Change, ...]
    left: Mapping[Change, str]


def export(
    text: str,
    manifest: Manifest,
    infos: Mapping[str, PluginInfo],
    changes: Iterable[Change],
) -> Export:
    """Put the overrides of all tenants into the manifest's first file."""
    import tomlkit

    document = tomlkit.parse(text)
    written, left = [], {}
    for change in changes:
        reason = _unfit(change, manifest, infos)
        if reason:
            left[change] = reason
        else:
            _write(document, manifest, change)
            written.append(change)
    return Export(tomlkit.dumps(document), tuple(written), left)


def _unfit(
    change: Change, manifest: Manifest, infos: Mapping[str, PluginInfo]
) -> str | None:
    """Return why an override has no place in the manifest, or None."""
    if change.plugin not in manifest.plugins or change.plugin not in infos:
        return f"the manifest does not load {change.plugin}"
    if change.key == ENABLED:
        return None
    name = change.key.removeprefix(SETTING)
    setting = infos[change.plugin].settings.get(name)
    if setting is None:
        return f"{change.plugin} has no setting {name} any more"
    if setting.secret:  # a reference too: a tenant could have the operator's read out
        return "it is a secret, which the operator writes in the manifest by reference"
    return None


def _write(document: TOMLDocument, manifest: Manifest, change: Change) -> None:
    if change.key == ENABLED:
        _switch(document, manifest, change)
        return
    table = _table(document, "tenants", change.tenant, "settings", change.plugin)
    table[change.key.removeprefix(SETTING)] = change.value


def _switch(document: TOMLDocument, manifest: Manifest, change: Change) -> None:
    """Write no more than is needed beside the defaults."""
    table = _table(document, "tenants", change.tenant)
    here, there = ("enabled", "disabled") if change.value else ("disabled", "enabled")
    if change.plugin in table.get(there, ()):
        table[there].remove(change.plugin)
    by_default = change.plugin in manifest.defaults
    if by_default != change.value and change.plugin not in table.get(here, ()):
        table.setdefault(here, []).append(change.plugin)


def _table(document: Any, *names: str) -> Any:
    """Return a table, made where it is missing."""
    import tomlkit

    table = document
    for name in names:
        if name not in table:
            table[name] = tomlkit.table(is_super_table=name in ("tenants", "settings"))
        table = table[name]
    return table
