"""``archivolt plugins``: what is loaded, what is out and why; add and remove."""

import os
from pathlib import Path

import click
import tomlkit
from rich.console import Console
from rich.table import Table

from archivolt_host.cli.opening import opened
from archivolt_host.errors import NotFoundError, RefusedError
from archivolt_host.plugins.discovery import discover, infos


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """Show the plugins: what is loaded, what is out, and why."""
    if context.invoked_subcommand is None:
        _show()


def _show() -> None:
    registry = opened().registry
    table = Table("plugin", "version", "state", "reason")
    for name in sorted({*registry.infos, *registry.manifest.plugins}):
        info = registry.infos.get(name)
        state, reason = "loaded", ""
        if name in registry.out:
            state, reason = "out", registry.out[name]
        elif name not in registry.manifest.plugins:
            state, reason = "installed", f"archivolt plugins add {name}"
        table.add_row(name, (info.version if info else "") or "", state, reason)
    Console().print(table)


@plugins.command()
@click.argument("name")
def add(name: str) -> None:
    """Name an installed plugin in the manifest, and enable it for every tenant."""
    known = infos(discover())
    if name not in known:
        raise NotFoundError(
            "Plugin", f"{name} (installed are {', '.join(sorted(known))})"
        )
    document = _read()
    table = document.setdefault("plugins", tomlkit.table(is_super_table=True))
    if name in table:
        raise RefusedError(f"The manifest names {name} already.")
    for need in known[name].requires:
        if need not in table:
            raise RefusedError(f"{name} needs {need}: add that first.")
    table[name] = tomlkit.table()
    enabled = document.setdefault("defaults", tomlkit.table()).setdefault("enabled", [])
    if name not in enabled:
        enabled.append(name)
    _path().write_text(tomlkit.dumps(document))
    click.echo(f"{name} is in {_path()}. Restart Archivolt to load it.")


@plugins.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take a plugin out of the manifest; its data stays."""
    document = _read()
    table = document.get("plugins", {})
    if name not in table:
        raise NotFoundError("Plugin", name)
    known = infos(discover())
    users = [n for n in table if n in known and name in known[n].requires]
    if users:
        raise RefusedError(f"{', '.join(users)} need {name}: remove them first.")
    del table[name]
    enabled = document.get("defaults", {}).get("enabled", [])
    if name in enabled:
        enabled.remove(name)
    _path().write_text(tomlkit.dumps(document))
    click.echo(f"{name} is out of {_path()}. Restart Archivolt; its data stays.")


def _path() -> Path:
    return Path(os.environ.get("ARCHIVOLT_MANIFEST", "manifest.toml"))


def _read() -> tomlkit.TOMLDocument:
    return tomlkit.parse(_path().read_text() if _path().exists() else "")
