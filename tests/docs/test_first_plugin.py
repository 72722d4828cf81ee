"""The page is followed from top to bottom, as a new author would."""

import re
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-plugin.md"
BLOCK = re.compile(r"^```(sh|python file=(\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MANIFEST = """
[plugins.core_identity]
[plugins.core_permissions]
[plugins.core_documents]

[defaults]
enabled = ["core_identity", "core_permissions", "core_documents"]
"""


def script():
    """Return the whole page as one shell script."""
    lines = [
        "set -euo pipefail",
        "archivolt tenants create acme --password 'a long trial'",
    ]
    for kind, file, text in BLOCK.findall(PAGE.read_text()):
        if kind == "sh":
            lines.append(text)
        else:
            lines.append(f"cat > {file} <<'FILE'\n{text}FILE")
    return "\n".join(lines)


@pytest.mark.slow
def test_the_page_can_be_followed(tmp_path, environment):
    (tmp_path / "manifest.toml").write_text(MANIFEST)
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "keeps all" in done.stdout
    assert "reading_list_bookmark (0 rows)" in done.stdout
    assert "Nothing of reading_list is left" in done.stdout
