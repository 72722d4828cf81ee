"""``archivolt plugin``: write a new plugin, bring an older one to today's template."""

from pathlib import Path
from typing import Any

import click


@click.group()
def plugin() -> None:
    """Write a plugin of your own, and keep it fresh.

    \b
    archivolt plugin new bookmarks     asks, and writes ./bookmarks
    archivolt plugin update            brings the plugin here to today's template
    archivolt conform bookmarks        checks what every plugin owes its host
    """


@plugin.command()
@click.argument("name")
@click.option("--defaults", is_flag=True, help="Ask nothing: take every default.")
@click.option(
    "--with",
    "given",
    multiple=True,
    metavar="QUESTION=ANSWER",
    help="Answer one question beforehand, such as --with jobs=no.",
)
def new(name: str, defaults: bool, given: tuple[str, ...]) -> None:
    """Write the plugin NAME into ./NAME, ready to install, test and ship."""
    from archivolt_host.cli.authoring import naming, placing, rendering

    folder = Path(name)
    answers: dict[str, Any] = {**rendering.parsed(given), "name": name}
    naming.check_name(name)
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(
            f"./{name} is not empty: move it away, or choose another name."
        )
    with rendering.rendered(answers, defaults=defaults) as made:
        placing.place_new(made, folder)
    click.echo(f"./{name} is your plugin. What next:\n\n  cd {name}")
    width = max(len(command) for command in NEXT) + len(name)
    for command, why in NEXT.items():
        click.echo(f"  {command.format(name=name):<{width}}{why}".rstrip())


NEXT = {
    "pip install --editable '.[dev]'": "",
    "pytest": "its tests, on SQLite and PostgreSQL",
    "archivolt conform {name}": "what every plugin owes its host",
    "archivolt plugins add {name}": "where your manifest.toml is; then restart",
}


@plugin.command()
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def update(folder: Path, dry_run: bool) -> None:
    """Bring the plugin in FOLDER (here) to today's template.

    Files that you never changed are replaced. Where both you and the template changed
    one, yours stays and the template's is written beside it as FILE.new.
    """
    from archivolt_host.cli.authoring import placing, rendering

    record = placing.recorded(folder)
    with rendering.rendered(record.answers, defaults=True) as made:
        changes = placing.changes(made, folder, record)
        if not dry_run:
            placing.place_update(made, folder, changes)
    for change in changes:
        click.echo(f"{change.deed:9} {change.file}")
    if not changes:
        click.echo("Nothing has changed: the plugin is as the template has it.")
