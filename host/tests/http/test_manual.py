"""The documentation of a running host: ``/llms.txt``, and all that is linked there."""

import re
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from archivolt_host.http.manual import FOLDER

pytestmark = pytest.mark.plugins("core_identity")
ROOT = Path(__file__).resolve().parents[3]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page, text):
    """Return where the links of a page lead, but for those to other places."""
    written = LINK.findall(FENCED.sub("", text))
    found = {urldefrag(urljoin(page, to)).url for to in written}
    return {to for to in found if not urlsplit(to).netloc}


def test_every_link_from_llms_txt_on_leads_to_a_page(client_as):
    ada = client_as("ada")
    met, line, broken = {"/llms.txt"}, ["/llms.txt"], []
    while line:
        page = line.pop()
        with ada.get(page) as answer:
            if answer.status_code != 200:
                broken.append(page)
            elif answer.mimetype in ("text/plain", "text/markdown"):
                new = links(page, answer.text) - met
                met |= new
                line += sorted(new)
    assert broken == []
    assert len(met) > 20
    assert {"/docs/hooks.md", "/docs/decisions/", "/docs/structure.svg"} <= met


def test_it_is_for_the_signed_in_and_holds_nothing_else(client_as, app):
    ada = client_as("ada")
    stranger = app.test_client()
    for path in ("/llms.txt", "/docs/hooks.md", "/docs/nothing.md"):
        assert stranger.get(path, headers={"Org": "acme"}).status_code == 401
    for path in ("nothing.md", "../manual.py", "..%2fmanual.py", "decisions/../../x"):
        assert ada.get(f"/docs/{path}").status_code == 404, path


def test_the_wheel_has_every_page():
    """Links to files are what the build follows: a new page needs one."""
    pages = [ROOT / "llms.txt", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.svg")]
    pages += ROOT.glob("docs/decisions/*.md")
    for page in pages:
        link = FOLDER / page.relative_to(ROOT)
        assert link.is_symlink(), f"link {link} to {page}"
        assert link.resolve() == page
    assert not [one for one in FOLDER.rglob("*") if not one.exists()]
