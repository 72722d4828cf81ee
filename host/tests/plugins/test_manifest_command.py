import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archivolt_host.cli.manifest import manifest
from archivolt_host.plugins.discovery import discover, infos
from archivolt_host.plugins.manifest import HOST_SETTINGS, check_file, read_manifest

ROOT = Path(__file__).parents[3]
TEXT = """\
[host]
migrator_url = "postgresql://me:hunter2@db/x"
workers = 4
[plugins.core_identity]
[plugins.core_documents]
[defaults]
enabled = ["core_identity"]
[tenants.acme]
enabled = ["core_documents"]
[tenants.acme.settings.core_documents]
max_upload = "50MiB"
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHIVOLT_MANIFEST", raising=False)

    def run(*arguments: str, text: str = TEXT) -> Result:
        Path("manifest.toml").write_text(text)
        return CliRunner().invoke(manifest, arguments)

    return run


def test_the_example_is_right_as_it_stands(run) -> None:
    text = run("example").output
    assert run("check", text=text).exit_code == 0
    assert run("diff", text=text).output == "All settings are at their defaults.\n"


def test_every_default_in_the_example_is_right_when_it_is_uncommented(run) -> None:
    text = re.sub(r"(?m)^# (\w+ = .*|\[.*\])$", r"\1", run("example").output)
    assert len(re.findall(r"(?m)^\w+ = ", text)) > len(HOST_SETTINGS)
    result = run("check", text=text)
    assert (result.output, result.exit_code) == ("manifest.toml is right.\n", 0)
    assert "env:" not in run("diff", text=text).output


def test_the_example_has_every_setting_with_type_default_and_summary(run) -> None:
    text = " ".join(run("example").output.replace("\n#", "").split())
    plugins = infos(discover()).values()
    for setting in (*HOST_SETTINGS, *(s for i in plugins for s in i.settings.values())):
        assert f"{setting.summary} ({setting.type};" in text
        assert f"{setting.name} = " in text


def test_check_names_all_problems_with_their_lines_and_fails(run) -> None:
    text = TEXT.replace("workers = 4", "workers = 'x'").replace("max_upload", "max")
    result = run("check", text=text)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "manifest.toml:3",
        "manifest.toml:11",
    ]


def test_show_has_the_value_its_origin_and_what_is_on(run) -> None:
    result = run("show", "--origin", "--tenant", "acme")
    assert re.search(
        r"core_documents.max_upload +50MiB +tenant +manifest.toml:11", result.output
    )
    assert re.search(r"host.workers +4 +host +manifest.toml:3", result.output)
    assert "On for tenant acme: core_documents, core_identity" in result.output
    assert "On for every new tenant: core_identity\n" in run("show").output


def test_show_and_diff_mask_secrets(run) -> None:
    for command in ("show", "diff"):
        output = run(command).output
        assert "hunter2" not in output
        assert re.search(r"host.migrator_url.*\*{8}", output)


def test_diff_has_only_what_differs(run) -> None:
    output = run("diff", "--tenant", "acme").output
    assert re.search(r"host.workers +1 +4 +manifest.toml:3", output)
    assert re.search(r"max_upload +4GiB +50MiB +manifest.toml:11", output)
    assert "log_level" not in output
    assert "max_upload" not in run("diff").output


def test_a_tenant_that_the_manifest_does_not_have_is_pointed_out(run) -> None:
    assert "says nothing of beta" in run("show", "--tenant", "beta").stderr


def test_show_of_a_wrong_manifest_says_what_is_wrong(run) -> None:
    result = run("show", text="[hsot]\n")
    assert result.exit_code == 1
    assert "Did you mean host?" in result.stderr


def test_the_environment_names_the_manifest(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ARCHIVOLT_MANIFEST", str(tmp_path / "other.toml"))
    assert "other.toml: there is no such file" in run("check").stderr


def test_the_manifest_of_this_repository_is_right() -> None:
    found = infos(discover())
    path = ROOT / "manifest.toml"
    assert check_file(path, found) == []
    ours = {folder.name for folder in (ROOT / "plugins").iterdir()}
    assert read_manifest(path).plugins.keys() == ours
