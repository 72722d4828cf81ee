"""The page is followed from top to bottom, as a new author would."""

import re
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-plugin.md"
BLOCK = re.compile(r"^```(sh|python file=(\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "archivolt manifest example > manifest.toml\n"
CREATED = "archivolt tenants create acme --password 'a long trial'\n"


def script():
    """Return the whole page as one shell script."""
    lines = ["set -euo pipefail"]
    for kind, file, text in BLOCK.findall(PAGE.read_text()):
        if kind == "sh":
            lines.append(text.replace(WRITTEN, WRITTEN + CREATED))
        else:
            lines.append(f"cat > {file} <<'FILE'\n{text}FILE")
    return "\n".join(lines)


@pytest.mark.slow
def test_the_page_can_be_followed(tmp_path, environment):
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "The tenant acme is ready" in done.stdout
    assert "keeps all" in done.stdout
    assert "reading_list_bookmark (0 rows)" in done.stdout
    assert "Nothing of reading_list is left" in done.stdout
