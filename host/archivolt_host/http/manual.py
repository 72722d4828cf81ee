"""``/llms.txt`` and ``/docs``: the documentation, for whoever has signed in to read.

The files in ``manual_pages/`` are links to the repository's, and in a wheel copies.
"""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from archivolt_host.http.access import signed_in

FOLDER = Path(__file__).parent / "manual_pages"
INDEX = "README.md"

blueprint = Blueprint("manual", __name__)


@blueprint.route("/llms.txt")
@signed_in()
def llms() -> Response:
    """List the pages of the documentation, in the order in which to read them."""
    return _sent("llms.txt", "text/plain")


@blueprint.route("/docs/<path:name>")
@signed_in()
def page(name: str) -> Response:
    """Return a page of the documentation as Markdown, or a picture in it."""
    inside = f"docs/{name}".rstrip("/")
    if (FOLDER / inside).is_dir():
        inside += f"/{INDEX}"
    return _sent(inside, "text/markdown" if inside.endswith(".md") else None)


def _sent(name: str, kind: str | None) -> Response:
    return send_from_directory(FOLDER, name, mimetype=kind)
