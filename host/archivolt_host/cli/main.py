"""The command line: ``archivolt``, its own commands and those of the plugins."""

import sys
from importlib import import_module
from typing import Any

import click

# Imported when called for: a command's help must not cost the whole application.
OWN = {
    "conform": "archivolt_host.cli.conform.command:conform",
    "backup": "archivolt_host.cli.backup:backup",
    "demo": "archivolt_host.cli.demo:demo",
    "doctor": "archivolt_host.cli.wiring:doctor",
    "events": "archivolt_host.cli.events:events",
    "jobs": "archivolt_host.cli.jobs:jobs",
    "manifest": "archivolt_host.cli.manifest:manifest",
    "migrate": "archivolt_host.cli.migrate:upgrade",
    "plugin": "archivolt_host.cli.authoring.command:plugin",
    "plugins": "archivolt_host.cli.plugins:plugins",
    "restore": "archivolt_host.cli.backup:restore",
    "run": "archivolt_host.cli.wiring:run",
    "runs": "archivolt_host.cli.runs:runs",
    "schedules": "archivolt_host.cli.schedules:schedules",
    "tenants": "archivolt_host.cli.tenants:tenants",
    "upgrade": "archivolt_host.cli.migrate:upgrade",
}
WIDTH = 200  # of a command's summary, which the help wraps


class Commands(click.Group):
    """The host's commands, and behind them those that the plugins declare."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all names."""
        from archivolt_host.cli import declared

        return sorted({*OWN, *declared.summaries()})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, importing only what it needs."""
        if name in OWN:
            module, _, attribute = OWN[name].partition(":")
            found: click.Command = getattr(import_module(module), attribute)
            return found
        from archivolt_host.cli import declared

        return declared.command(name)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest where there is no such command."""
        try:
            return super().resolve_command(context, args)
        except click.NoSuchCommand as error:
            names = self.list_commands(context)
            raise click.NoSuchCommand(
                error.command_name, possibilities=names, ctx=context
            ) from None

    def format_commands(
        self, context: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands, those of plugins without importing one."""
        from archivolt_host.cli import declared

        rows = declared.summaries()
        for name in OWN:
            command = self.get_command(context, name)
            rows[name] = command.get_short_help_str(WIDTH) if command else ""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))

    def invoke(self, context: click.Context) -> Any:
        """Run a command; what goes wrong is one sentence, not a trace."""
        from archivolt_host.cli import mistakes

        try:
            return super().invoke(context)
        except Exception as error:
            if not mistakes.is_explained(error):
                raise
            raise click.ClickException(mistakes.sentence(error)) from error


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
    """Run the command line."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a checkout asks no installer
        sys.exit("Archivolt needs Python 3.11 or newer.")
    archivolt()
