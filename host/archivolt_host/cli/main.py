"""The command line: ``archivolt``, its own commands and those of the plugins."""

import sys
from importlib import import_module
from typing import Any

import click

# Imported when called for: a command's help must not cost the whole application.
OWN = {
    "demo": "archivolt_host.cli.demo:demo",
    "doctor": "archivolt_host.cli.wiring:doctor",
    "manifest": "archivolt_host.cli.manifest:manifest",
    "migrate": "archivolt_host.cli.tenants:migrate",
    "plugins": "archivolt_host.cli.plugins:plugins",
    "run": "archivolt_host.cli.wiring:run",
    "tenants": "archivolt_host.cli.tenants:tenants",
}


class Commands(click.Group):
    """The host's commands, and behind them those of the loaded plugins."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all names; a host that cannot open has its own alone."""
        return sorted({*OWN, *self._of_plugins()})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, importing only what it needs."""
        if name in OWN:
            module, _, attribute = OWN[name].partition(":")
            found: click.Command = getattr(import_module(module), attribute)
            return found
        return self._of_plugins().get(name)

    def _of_plugins(self) -> dict[str, click.Command]:
        from archivolt_host.cli.opening import opened

        try:
            brought = opened().registry.brought("register_commands")
        except Exception as error:  # help must come even where the host cannot open
            click.echo(f"(commands of plugins are missing: {error})", err=True)
            return {}
        return {command.name: command for _, command in brought}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archivolt-host", prog_name="archivolt")
def archivolt() -> None:
    """Documents, workflow, rules and integrations, for many tenants, all as plugins.

    \b
    archivolt run                     start everything on this machine
    archivolt demo                    load something to look at
    archivolt doctor                  find out why something does not work
    archivolt tenants create acme     add a tenant
    archivolt plugins                 see what is loaded, and what is out and why
    """


def main() -> None:
    """Run a command; what goes wrong is one sentence, not a trace."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a checkout asks no installer
        sys.exit("Archivolt needs Python 3.11 or newer.")
    from archivolt_host.cli.logging import configure
    from archivolt_host.errors import ArchivoltError

    configure()
    try:
        archivolt()
    except ArchivoltError as error:
        _leave(str(error))
    except Exception as error:
        if not _is_known(error):
            raise
        _leave(str(error))


def _is_known(error: Any) -> bool:
    """Return whether the error's text was written for people."""
    known = ("HomeError", "HomeInUseError", "ManifestError", "MigrationError")
    return type(error).__name__ in (*known, "SettingError", "MetadataError")


def _leave(sentence: str) -> None:
    click.echo(f"archivolt: {sentence}", err=True)
    sys.exit(1)
