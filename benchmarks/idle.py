"""Throw-away plugins that do next to nothing, to see what their mere presence costs."""

from pathlib import Path

CODE = '''"""A plugin with one hook and one route."""

from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint("{name}", __name__, description="Idle.", url_prefix="/{name}")


@blueprint.route("/pulse")
class Pulse(ModelAPIView):
    """The one route."""

    @signed_in()
    @blueprint.response(204)
    def get(self):
        """Answer nothing."""


class Plugin:
    """Hears of every saved document, and leaves it at that."""

    @hookimpl
    def register_blueprints(self):
        return [blueprint]

    @hookimpl
    def document_saved(self, document):
        return None
'''
DECLARATION = """[plugin]
id = "{name}"
name = "Idle"
summary = "Does next to nothing."
host_api = ">=1,<2"
"""
METADATA = "Metadata-Version: 2.1\nName: archivolt-{name}\nVersion: 0.1\n"
ENTRY = "[archivolt.plugins]\n{name} = archivolt_{name}:Plugin\n"


def install(folder: Path, count: int) -> tuple[str, ...]:
    """Write plugins as an installer would; return their names."""
    names = tuple(f"idle{number:03d}" for number in range(count))
    for name in names:
        package = folder / f"archivolt_{name}"
        information = folder / f"archivolt_{name}-0.1.dist-info"
        for path, text in (
            (package / "__init__.py", CODE),
            (package / "plugin.toml", DECLARATION),
            (information / "METADATA", METADATA),
            (information / "entry_points.txt", ENTRY),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{name}", name))
    return names
