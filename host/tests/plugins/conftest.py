import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest

from archivolt_host.plugins.metadata import PluginInfo

PLUGIN_TOML = """
[plugin]
id = "{id}"
name = "Sample"
summary = "A plugin for a test."
host_api = ">=1,<2"
"""


@pytest.fixture
def info() -> Callable[..., PluginInfo]:
    def build(id: str, **more: Any) -> PluginInfo:
        values = {"version": "1.0", "host_api": ">=1,<2", **more}
        return PluginInfo(id, id, "", distribution=f"archivolt-{id}", **values)

    return build


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., EntryPoint]]:
    """Install a package whose code fails when it runs."""
    packages: set[str] = set()

    def install(
        id: str = "sample",
        toml: str | None = PLUGIN_TOML,
        package: str = "",
        distribution: str = "",
    ) -> EntryPoint:
        package = package or f"archivolt_{id}"
        distribution = distribution or package.replace("_", "-")
        site = tmp_path / distribution
        (site / package).mkdir(parents=True)
        (site / package / "__init__.py").write_text("raise SystemError('imported')")
        if toml is not None:
            (site / package / "plugin.toml").write_text(toml.replace("{id}", id))
        dist = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
        dist.mkdir()
        (dist / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        )
        (dist / "entry_points.txt").write_text(
            f"[archivolt.plugins]\n{id} = {package}.plugin:Sample\n"
        )
        monkeypatch.syspath_prepend(str(site))
        packages.add(package)
        found = entry_points(group="archivolt.plugins", name=id)
        return next(one for one in found if one.dist.name == distribution)

    yield install
    assert not packages & sys.modules.keys()
