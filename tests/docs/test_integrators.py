"""The commands on the integrators' page, run with a stand-in for its plugin."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "integrators.md"
MANIFEST = """
[plugins.core_identity]

[defaults]
enabled = ["core_identity"]
"""
DIST, PACKAGE = "archivolt_standin-1.0.dist-info", "archivolt_standin"
WHEEL = {
    f"{DIST}/METADATA": "Metadata-Version: 2.1\nName: archivolt-standin\n"
    "Version: 1.0\n",
    f"{DIST}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{DIST}/entry_points.txt": "[archivolt.plugins]\n"
    "standin = archivolt_standin.plugin:Plugin\n",
    f"{DIST}/RECORD": "",
    f"{PACKAGE}/__init__.py": "",
    f"{PACKAGE}/plugin.py": "class Plugin:\n    pass\n",
    f"{PACKAGE}/plugin.toml": """[plugin]
id = "standin"
name = "A stand-in"
summary = "For a test."
host_api = ">=1,<2"
[grants]
net = ["graph.microsoft.com"]
""",
}


def script():
    """Return what the page says to type, but for the start that does not end."""
    [block] = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    lines = [line.partition(" # ")[0].rstrip() for line in block.splitlines()]
    assert lines[-1] == "archivolt run"
    typed = "\n".join(["set -euo pipefail", *lines[:-1], "archivolt plugins"])
    return typed.replace("sharepoint", "standin")


@pytest.fixture
def shelf(tmp_path):
    """A folder in which pip finds the plugin of the page."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel = folder / "archivolt_standin-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
    return folder


def commands():
    """Return the commands of the table, of which each has to be one."""
    rows = [r for r in PAGE.read_text().splitlines() if r.startswith("| ")]
    return re.findall(r"`archivolt ([^`]+)`", "".join(rows))


@pytest.mark.slow
def test_the_commands_can_be_followed(tmp_path, environment, shelf):
    (tmp_path / "manifest.toml").write_text(MANIFEST)
    found = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf)}
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env={**environment, **found},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "It is granted net: graph.microsoft.com" in done.stdout
    assert re.search(r"standin +1\.0 +loaded", done.stdout)


def test_every_command_of_the_table_is_one():
    from click.testing import CliRunner

    from archivolt_host.cli.main import archivolt

    assert len(commands()) > 6
    for command in commands():
        words = [word for word in command.split() if not word.isupper()]
        named = [word for word in words if not word.startswith("-") and word != "acme"]
        done = CliRunner().invoke(archivolt, [*named, "--help"])
        assert done.exit_code == 0, command
        for option in (word for word in words if word.startswith("-")):
            assert option in done.output, command
