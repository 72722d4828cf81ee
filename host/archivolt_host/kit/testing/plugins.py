"""Throw-away plugins: written to disk and found like installed ones, without pip."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

EMPTY = '''
class Plugin:
    """Does nothing."""
'''
METADATA = "Metadata-Version: 2.1\nName: archivolt-{name}\nVersion: {version}\n"
ENTRY_POINT = "[archivolt.plugins]\n{name} = archivolt_{name}.plugin:Plugin\n"

MakePlugin = Callable[..., Path]


@pytest.fixture
def make_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakePlugin]:
    """Write and install a plugin for the time of a test; returns its package's folder.

    ``make_plugin("sample", code=...)``: the code is its ``plugin.py`` and defines a
    class ``Plugin``. ``files`` are further files of the package by name, such as
    ``{"migrations/0001_first.py": ...}``; ``hookspecs`` is the code of a module of its
    own hookspecs, ``archivolt_sample_hookspecs.specs``. ``requires``, ``guards``,
    ``required``, ``scope`` and ``host_api`` go into the plugin.toml, ``settings``,
    ``commands`` and ``grants`` as tables; ``toml`` replaces all of it. Make it before
    the host is opened:

        @pytest.fixture(autouse=True)
        def sample(make_plugin):
            make_plugin("sample", code=SAMPLE)
    """
    made: list[str] = []

    def make(
        name: str,
        code: str = EMPTY,
        *,
        version: str = "1.0",
        toml: str | None = None,
        files: Mapping[str, str] | None = None,
        hookspecs: str | None = None,
        **declared: Any,
    ) -> Path:
        site = tmp_path / "plugins" / name
        package = site / f"archivolt_{name}"
        contents = {
            "__init__.py": "",
            "plugin.py": dedent(code),
            "plugin.toml": _toml(name, **declared) if toml is None else toml,
            **(files or {}),
        }
        for file, text in contents.items():
            _write(package / file, dedent(text))
        _write_distribution(site, name, version, hookspecs)
        if str(site) not in sys.path:
            monkeypatch.syspath_prepend(str(site))
        made.append(package.name)
        return package

    yield make
    _forget(made)


def _write_distribution(
    site: Path, name: str, version: str, hookspecs: str | None
) -> None:
    if hookspecs is not None:
        specs = site / f"archivolt_{name}_hookspecs"
        _write(specs / "__init__.py", "")
        _write(specs / "specs.py", dedent(hookspecs))
    dist = site / f"archivolt_{name}-{version}.dist-info"
    _write(dist / "METADATA", METADATA.format(name=name, version=version))
    _write(dist / "entry_points.txt", ENTRY_POINT.format(name=name))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _toml(
    name: str,
    *,
    host_api: str = ">=1,<2",
    scope: str = "tenant",
    required: bool = False,
    guards: Sequence[str] = (),
    requires: Mapping[str, str] | Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    commands: Mapping[str, str] | None = None,
    grants: Mapping[str, Sequence[str]] | None = None,
    tables: str = "",
) -> str:
    import tomlkit

    needs = requires if isinstance(requires, Mapping) else dict.fromkeys(requires, "")
    return tomlkit.dumps(
        {
            "plugin": {
                "id": name,
                "name": name.title(),
                "summary": "A plugin for a test.",
                "host_api": host_api,
                "scope": scope,
                "required": required,
                "guards": list(guards),
            },
            "requires": {"plugins": {n: s or ">=0" for n, s in needs.items()}},
            "settings": settings or {},
            "commands": commands or {},
            "grants": grants or {},
            "data": {"tables": tables or f"{name}_"},
        }
    )


def _forget(packages: Sequence[str]) -> None:
    """Take the code, and the tables it declared, out of this process again."""
    from archivolt_host.tenants.columns import Base, CatalogBase

    def is_ours(module: str) -> bool:
        return module.partition(".")[0].removesuffix("_hookspecs") in packages

    for base in (Base, CatalogBase):
        for mapper in list(base.registry.mappers):
            if is_ours(mapper.class_.__module__):
                for table in mapper.tables:
                    base.metadata.remove(table)  # type: ignore[arg-type]
                base.registry._dispose_cls(mapper.class_)
    for module in [name for name in sys.modules if is_ours(name)]:
        del sys.modules[module]
