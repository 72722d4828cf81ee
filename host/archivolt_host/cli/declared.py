"""The commands that plugins bring: named in their plugin.toml, imported when called."""

from functools import cache

import click


def summaries() -> dict[str, str]:
    """Return the commands and what they are for; a wrong manifest hides them."""
    try:
        return {name: text for name, (_, text) in commands().items()}
    except Exception as error:  # help must come even where nothing else can
        click.echo(f"(The commands of plugins are missing: {error})", err=True)
        return {}


@cache
def commands() -> dict[str, tuple[str, str]]:
    """Return the commands of the plugins that the manifest names: whose, what for."""
    from archivolt_host.cli.opening import manifest
    from archivolt_host.plugins.discovery import discover, infos

    named = manifest().plugins
    return {
        name: (plugin, text)
        for plugin, info in infos(discover()).items()
        if plugin in named
        for name, text in info.commands.items()
    }


def command(name: str) -> click.Command | None:
    """Return a plugin's command, with the host open that it works on."""
    from archivolt_host.cli.opening import ready

    plugin, _ = commands().get(name, ("", ""))
    if not plugin:
        return None
    registry = ready().registry
    brought = registry.brought("register_commands")
    for owner, found in brought:
        if owner == plugin and found.name == name:
            return _held(plugin, found)
    reason = registry.out.get(plugin, "It does not bring the command it declares.")
    raise click.ClickException(f"{name} belongs to {plugin}, which is out. {reason}")


def _held(plugin: str, command: click.Command) -> click.Command:
    """Have what the command does count as its plugin's."""
    from archivolt_host.plugins import granting

    command.invoke = granting.held(plugin, command.invoke)  # type: ignore[method-assign]
    return command
