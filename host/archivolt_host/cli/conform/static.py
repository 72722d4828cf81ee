"""Checks that need no open host: what the plugin says of itself, and its import."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import metadata

from archivolt_host.cli.conform.checks import check
from archivolt_host.cli.conform.stage import Stage

IMPORT_SECONDS = 1.0  # of the processor, beyond what the kit itself takes


@check(
    "manifest",
    "Its plugin.toml is valid, settings and their defaults included.",
    "Correct the plugin.toml; docs/plugin-toml.md shows every key.",
)
def manifest(stage: Stage) -> Iterator[str]:
    """Read what the host reads before it imports anything."""
    if stage.found.problem:
        yield stage.found.problem


@check(
    "resolves",
    "This host has what it needs: API version, other plugins, no circle among them.",
    "Correct host_api and [requires] in the plugin.toml, or install what it needs.",
)
def resolves(stage: Stage) -> Iterator[str]:
    """Resolve it among the plugins that are installed."""
    if stage.info and stage.problem:
        yield stage.problem


@check(
    "imports",
    "Importing it is quick, and opens no network, no database and no thread.",
    "Move what happens at import into the functions that need it.",
)
def imports(stage: Stage) -> Iterator[str]:
    """Import the plugin's class in a process of its own, watched."""
    from archivolt_host.cli.conform import watching

    _ = stage.info
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, watching.__file__, stage.found.entry_point.value],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        yield f"It cannot be imported: {done.stderr.strip().splitlines()[-1]}"
        return
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["seconds"] > IMPORT_SECONDS:
        yield f"Importing it takes {seen['seconds']:.2f} s of the processor."
    for what in seen["opened"]:
        yield f"While it is imported it opens {what}."


@check(
    "documented",
    "Its README names every setting and every permission.",
    "Add the missing names to the README that the wheel carries.",
)
def documented(stage: Stage) -> Iterator[str]:
    """Look for each name in the description of the distribution."""
    described = metadata(stage.info.distribution).json
    text = str(described.get("description", ""))
    registry = stage.working.registry
    brought = registry.brought("register_permissions")
    own = [p.name for plugin, p in brought if plugin == stage.name]
    for kind, names in (("setting", stage.info.settings), ("permission", own)):
        for name in names:
            if name not in text:
                yield f"The {kind} {name} is not in the README."
