"""What the contracts look at: our own source, and one open host."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from archivolt_host.app import create_app, open_host
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.tenants.home import Home

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """A source file; a planted one has a text and no file."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def plugin(self) -> str:
        """The plugin's package, or "" in the host and the hookspecs."""
        parts = self.path.parts
        return parts[2] if parts[0] == "plugins" else ""

    @property
    def imports(self) -> list[str]:
        """Full names of all that is imported: modules, and what is taken from them."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [f"{node.module}.{name.name}" for name in node.names]
        return found


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def plant():
    """Make a module of our own that nobody wrote: the violation."""
    return lambda path, text: Module(Path(path), text)


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of our packages, tests aside."""
    packages = [
        *ROOT.glob("hookspecs/archivolt_*"),
        *ROOT.glob("host/archivolt_*"),
        *ROOT.glob("plugins/*/archivolt_*"),
    ]
    found = [
        Module(path.relative_to(ROOT), path.read_text())
        for package in packages
        for path in sorted(package.rglob("*.py"))
    ]
    assert len(found) > 100
    return found


@pytest.fixture(scope="session")
def host(tmp_path_factory) -> Iterator:
    """A host on a home of its own, with the plugins of the repository's manifest."""
    home = Home(tmp_path_factory.mktemp("home"))
    opened = open_host(home, ROOT / "manifest.toml")
    prepare_catalog_database(opened)
    yield opened
    opened.databases.dispose()


@pytest.fixture(scope="session")
def app(host):
    return create_app(host)


@pytest.fixture(scope="session")
def document(app) -> dict:
    """The OpenAPI document of all plugins."""
    answer = app.test_client().get("/vault/api/openapi.json")
    assert answer.status_code == 200
    return answer.json
