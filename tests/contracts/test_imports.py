"""The contracts of import-linter name everything, and each of them bites."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

# Where a line is planted, and the contract that it breaks.
PLANTED = {
    "bottom": ("hookspecs/archivolt_hookspecs/host.py", "import archivolt_host"),
    "no-names": ("host/archivolt_host/errors.py", "import archivolt_core_search"),
    "strangers": (
        "plugins/core_search/archivolt_core_search/__init__.py",
        "import archivolt_core_identity.users.logic",
    ),
    "one-door": (
        "plugins/core_identity/archivolt_core_identity/plugin.py",
        "import archivolt_host.tenants.sessions",
    ),
    "floors": (
        "host/archivolt_host/tenants/ids.py",
        "import archivolt_host.plugins.units",
    ),
    "domains": (
        "plugins/core_identity/archivolt_core_identity/users/service.py",
        "import archivolt_core_identity.users.logic",
    ),
    "sql": (
        "plugins/core_identity/archivolt_core_identity/users/logic.py",
        "import sqlalchemy.orm",
    ),
}


@pytest.fixture(scope="module")
def contracts(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    return settings["tool"]["importlinter"]


def lint(root, *options):
    tree = {root / "hookspecs", root / "host", *(root / "plugins").iterdir()}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, tree))}
    done = subprocess.run(
        [shutil.which("lint-imports", path=os.path.dirname(sys.executable)),
         "--no-cache", "--no-logo", *options],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))


def lists_of_plugins(contracts):
    """Yield every list in which all plugins should stand."""
    yield contracts["root_packages"]
    by_id = {contract["id"]: contract for contract in contracts["contracts"]}
    yield by_id["bottom"]["forbidden_modules"]
    yield by_id["no-names"]["forbidden_modules"]
    yield by_id["strangers"]["modules"]
    yield by_id["one-door"]["source_modules"]
    yield [name.removesuffix(".*") for name in by_id["domains"]["containers"]]
    yield by_id["sql"]["source_modules"]


def missing(contracts, plugins):
    return [sorted(plugins - set(found)) for found in lists_of_plugins(contracts)]


def test_every_plugin_stands_in_every_contract(contracts, root):
    plugins = {path.name for path in root.glob("plugins/*/archivolt_*")}

    assert not any(missing(contracts, plugins))


def test_a_plugin_that_no_contract_names_is_caught(contracts):
    assert all(missing(contracts, {"archivolt_stranger"}))


def test_every_private_part_of_the_host_is_closed_to_plugins(contracts, root):
    parts = {path.stem for path in (root / "host/archivolt_host").glob("[a-z]*")}
    private = parts - {"kit", "migrations", "py"}
    [door] = [c for c in contracts["contracts"] if c["id"] == "one-door"]

    assert set(door["forbidden_modules"]) == {f"archivolt_host.{p}" for p in private}


def test_each_contract_is_broken_by_its_planted_import(contracts, root, tmp_path):
    for folder in ("hookspecs", "host", "plugins"):
        shutil.copytree(root / folder, tmp_path / folder)
    shutil.copy(root / "pyproject.toml", tmp_path)
    for path, line in PLANTED.values():
        file = tmp_path / path
        file.write_text(f"{file.read_text()}\n{line}\n")

    found = lint(tmp_path)

    names = {contract["id"]: contract["name"] for contract in contracts["contracts"]}
    assert PLANTED.keys() == names.keys()
    assert found == dict.fromkeys(names.values(), "BROKEN")


def foreign(module):
    """Name what a hookspec imports beyond pluggy and the standard library."""
    roots = {name.partition(".")[0] for name in module.imports}
    return roots - {"pluggy", "archivolt_hookspecs"} - sys.stdlib_module_names


def test_hookspecs_import_pluggy_and_nothing_else(modules):
    specs = [m for m in modules if m.path.parts[0] == "hookspecs"]
    assert specs
    assert {name for m in specs for name in foreign(m)} == set()


def test_a_hookspec_that_imports_flask_is_caught(plant):
    module = plant("hookspecs/archivolt_hookspecs/x.py", "from flask import Flask")

    assert foreign(module) == {"flask"}
