import subprocess
import sys
from pathlib import Path

import pytest

from archivolt_host.plugins.manifest import (
    HOST_SETTINGS,
    ManifestError,
    parse_manifest,
    read_manifest,
)


def problems(text: str) -> list[str]:
    with pytest.raises(ManifestError) as error:
        parse_manifest(text)
    return [str(problem) for problem in error.value.problems]


def test_an_empty_manifest_has_every_host_setting_at_its_default() -> None:
    manifest = parse_manifest("")
    assert manifest.host == {one.name: one.default for one in HOST_SETTINGS}
    assert manifest.host["max_body"] == 4 * 2**30
    assert manifest.host["metrics_allow"] == ("127.0.0.1", "::1")
    assert not (manifest.plugins)
    assert not (manifest.defaults)
    assert not (manifest.tenants)


def test_a_whole_manifest_is_read() -> None:
    manifest = parse_manifest(
        """
        [host]
        max_json = "1MiB"
        [plugins.docs]
        version = ">=1"
        [defaults]
        enabled = ["docs"]
        [tenants.acme]
        enabled = ["search"]
        disabled = ["docs"]
        [tenants.acme.settings.docs]
        max_upload = "50MiB"
        """
    )
    assert manifest.host["max_json"] == 2**20
    assert manifest.plugins == {"docs": {"version": ">=1"}}
    assert manifest.defaults == {"docs"}
    acme = manifest.tenants["acme"]
    assert (acme.enabled, acme.disabled) == ({"search"}, {"docs"})
    assert acme.settings == {"docs": {"max_upload": "50MiB"}}


def test_all_mistakes_are_told_at_once_each_with_its_line() -> None:
    found = problems(
        "[hots]\n[host]\nstrict = 'yes'\nworkres = 3\n[defaults]\nenabled = 'docs'\n"
        "[tenants.acme]\nenable = []\nplugins = 3\n[tenants]\nbeta = 3\n"
    )
    assert found == [
        "manifest.toml:1: unknown key 'hots' at the top; known are defaults, host, "
        "plugins, tenants. Did you mean host?",
        next(one for one in found if one.startswith("manifest.toml:4: ")),
        "manifest.toml:3: strict must be true or false, without quotes, not 'yes'.",
        "manifest.toml:6: enabled must be a list of plugin names in quotes.",
        next(one for one in found if one.startswith("manifest.toml:8: ")),
        next(one for one in found if one.startswith("manifest.toml:9: ")),
        "manifest.toml:11: tenants.beta must be a table: write [tenants.beta].",
    ]
    assert found[1].endswith("Did you mean workers?")
    assert found[4].endswith("Did you mean enabled?")


def test_what_is_not_toml_names_its_line() -> None:
    assert problems("[host]\nstrict = \n")[0].startswith(
        "manifest.toml:2: this is not TOML: Invalid value."
    )
    assert problems("[host]\n[defaults]\nx = [1")[0].startswith("manifest.toml:3: ")


def test_a_manifest_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="archivolt manifest example"):
        read_manifest(tmp_path / "manifest.toml")


def test_a_manifest_that_is_not_utf_8_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "manifest.toml"
    file.write_bytes(b"# caf\xe9")
    with pytest.raises(ManifestError, match="save it as UTF-8"):
        read_manifest(file)


def test_the_local_file_overrides_single_values_and_is_the_origin(tmp_path) -> None:
    file, local = tmp_path / "manifest.toml", tmp_path / "manifest.local.toml"
    file.write_text("[host]\nworkers = 2\nbind = 'a'\n[defaults]\nenabled = ['a']\n")
    local.write_text("[host]\n\nworkers = 7\n[plugins.extra]\n")
    manifest = read_manifest(file)
    assert (manifest.host["workers"], manifest.host["bind"]) == (7, "a")
    assert manifest.where("host", "workers") == f"{local}:3"
    assert manifest.where("host", "bind") == f"{file}:3"
    assert manifest.where("plugins", "extra") == f"{local}:4"
    assert manifest.defaults == {"a"}


def test_the_environment_names_the_file_and_those_that_override_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, workers in (("manifest", 2), ("manifest.local", 3), ("test", 4)):
        (tmp_path / f"{name}.toml").write_text(f"[host]\nworkers = {workers}\n")
    base, test = tmp_path / "manifest.toml", tmp_path / "test.toml"
    monkeypatch.setenv("ARCHIVOLT_MANIFEST", str(base))
    assert read_manifest().host["workers"] == 3
    monkeypatch.setenv("ARCHIVOLT_MANIFEST", f"{base}:{test}")
    assert read_manifest().host["workers"] == 4


def test_a_secret_in_the_open_is_not_printed_with_the_manifest() -> None:
    manifest = parse_manifest(
        "[host]\nsecret_key = 'hunter2'\n[plugins.a]\nkey = 'hunter2'\n"
        "[tenants.acme.settings.a]\nkey = 'hunter2'\n"
    )
    assert "hunter2" not in repr(manifest)


def test_reading_a_manifest_imports_nothing_heavy() -> None:
    code = (
        "import sys; from archivolt_host.plugins.manifest import parse_manifest; "
        "from archivolt_host.plugins import metadata; parse_manifest('[host]'); "
        "print({'packaging', 'tomlkit', 'rich', 'click', 'stevedore', 'difflib', "
        "'sqlalchemy', 'importlib.metadata'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'trusted_proxies = ["10.0.0.300"]',
            "must be a list of addresses and networks",
        ),
        ("trusted_proxies = 1", "must be a list of addresses and networks"),
        ('metrics_allow = ["localhost"]', "must be a list of addresses and networks"),
        ('limit_users = ["10 a minute"]', "must be a list of rates such as"),
        ('limit_users = "10/m"', "must be a list of rates such as"),
        ('https = "yes"', "must be one of optional, required"),
    ],
)
def test_what_the_edge_cannot_use_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_manifest(f"[host]\n{line}\n")
    assert str(refused.value).startswith(f"manifest.toml:2: {line.split()[0]} {said}")
