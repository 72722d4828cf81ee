"""What is promised in code is written in the docs, as it is in the code."""

import ast
import re
import tomllib

import pytest

from archivolt_host.plugins.manifest.host_settings import HOST_SETTINGS

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def signatures(modules):
    """Return every hook's signature as its module has it."""
    return [
        f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
        for module in modules
        if module.path.parts[0] == "hookspecs" and module.path.stem != "markers"
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]


def codes(modules):
    """Return every code that an error can carry."""
    found = set()
    for module in modules:
        for node in ast.walk(module.tree):
            match node:
                case (
                    ast.Assign(
                        targets=[ast.Name("code")], value=ast.Constant(str(code))
                    )
                    | ast.AnnAssign(ast.Name("code"), value=ast.Constant(str(code)))
                    | ast.Call(ast.Name("problem"), [_, ast.Constant(str(code)), *_])
                ):
                    found.add(code)
    return found


def missing(names, text):
    """Return the names that the text does not have as code of their own."""
    return sorted(name for name in names if f"`{name}`" not in text)


@pytest.fixture
def read(root):
    return lambda name: (root / "docs" / name).read_text()


def test_every_hook_is_documented_with_its_exact_signature(modules, read):
    found = signatures(modules)

    assert len(found) > 15
    assert missing(found, read("hooks.md")) == []


def test_a_hook_with_another_signature_than_its_docs_is_caught(plant, read):
    text = "@first\ndef identify(scheme: str) -> Actor | None: ..."
    found = signatures([plant("hookspecs/archivolt_hookspecs/x.py", text)])

    assert missing(found, read("hooks.md")) == ["identify(scheme: str) -> Actor | None"]


def test_every_error_code_is_documented(modules, read):
    found = codes(modules)

    assert {"refused", "internal", "invalid"} <= found
    assert missing(found, read("errors.md")) == []


def test_an_error_code_that_no_page_has_is_caught(plant, read):
    text = """
class LockedError(RefusedError):
    code = "locked_away"
def answer(): return problem(500, "exploded", "")
"""
    found = codes([plant("plugins/x/archivolt_x/errors.py", text)])

    assert missing(found, read("errors.md")) == ["exploded", "locked_away"]


def test_every_setting_is_documented(root, read):
    names = {setting.name for setting in HOST_SETTINGS}
    for path in root.glob("plugins/*/archivolt_*/plugin.toml"):
        names |= tomllib.loads(path.read_text()).get("settings", {}).keys()

    assert "max_upload" in names
    assert missing(names, read("settings.md")) == []


def test_a_setting_that_no_page_has_is_caught(read):
    assert missing({"strict", "stricter"}, read("settings.md")) == ["stricter"]


def opened(access, rules):
    """Return every method and route that strangers may call."""
    return {
        f"{method} {rule.rule}"
        for rule in rules
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if access[rule.endpoint, method].public
    }


def test_exactly_the_published_routes_are_public(app, read):
    published = set(re.findall(r"^\| `([^`]+)` \|", read("public-routes.md"), re.M))

    assert opened(app.access, app.url_map.iter_rules()) == published


def test_an_unpublished_public_route_is_caught(app, read):
    rules = list(app.url_map.iter_rules("me.Me"))
    access = {
        key: next(a for a in app.access.values() if a.public) for key in app.access
    }

    found = missing(opened(access, rules), read("public-routes.md"))
    assert found == ["GET /vault/me", "PATCH /vault/me"]


def dead_links(folder, text):
    """Return the relative links that lead nowhere."""
    return [link for link in LINK.findall(text) if not (folder / link).exists()]


def test_links_between_pages_lead_somewhere(root):
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    pages += [*root.glob("hookspecs/*.md"), *root.glob("host/*.md")]
    pages += [*root.glob("plugins/*/*.md")]
    found = {str(p): dead_links(p.parent, p.read_text()) for p in pages}

    assert {page: links for page, links in found.items() if links} == {}


def test_a_dead_link_is_caught(root):
    text = "[hooks](hooks.md#x), [gone](gone.md), [out](https://example.org/x)"

    assert dead_links(root / "docs", text) == ["gone.md"]
