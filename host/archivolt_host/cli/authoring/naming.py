"""Which names a new plugin can have: not one that is taken, nor one of Python's."""

import keyword
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import click

from archivolt_host.plugins.discovery import discover, infos
from archivolt_host.plugins.metadata import FOREIGN_TABLES, PluginInfo
from archivolt_host.plugins.resolution import claim_the_same
from archivolt_host.plugins.section import NAME_PATTERN

LONGEST = 30  # PostgreSQL cuts the names of tables and indexes at 63 bytes
#: What its plugin.py imports: its class cannot be called so too.
IMPORTED = ("Action", "Any", "DocumentInfo", "Permission", "Sequence")


def check_name(name: str) -> None:
    """Refuse a name that no plugin can have, or not here."""
    if len(name) > LONGEST or not re.fullmatch(NAME_PATTERN, name):
        raise click.ClickException(
            f"{name!r} is no name for a plugin: write at most {LONGEST} lower-case "
            "letters, digits and underscores, such as contract_tools."
        )
    for reason in (*_taken(name), *_words(name)):
        raise click.ClickException(f"{reason} Choose another name.")


def _words(name: str) -> Iterator[str]:
    class_name = "".join(word.capitalize() for word in name.split("_"))
    if keyword.iskeyword(name) or keyword.iskeyword(class_name):
        yield f"{name} is a word of Python itself."
    if class_name in IMPORTED:
        yield f"Its class would be called {class_name}, as one that it needs is."
    if name.endswith("_hookspecs"):
        yield f"archivolt_{name} would be a package of hookspecs."
    if f"{name}_".startswith(FOREIGN_TABLES):
        yield f"Tables that begin with {name}_ belong to the host or the database."


def _taken(name: str) -> Iterator[str]:
    package = f"archivolt-{name.replace('_', '-')}"
    known = infos(discover())
    if name in known or _is_installed(package):
        yield f"{package} is installed already: yours would take its place."
    own = PluginInfo(name, name, "", "", package, "", tables=f"{name}_")
    for other in known.values():
        if claim_the_same(own, other):
            yield f"Its tables {name}_* would be taken for those of {other.id}."


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
