"""``archivolt tenants export`` and ``import``, used rightly and wrongly."""

import pytest


@pytest.fixture
def exported(cli, tmp_path):
    said = cli.ok("tenants", "export", "demo", str(tmp_path / "demo.tar"))
    assert said.startswith(f"demo is in {tmp_path}/demo.tar: ")
    return str(tmp_path / "demo.tar")


def test_a_tenant_goes_out_and_comes_in_under_another_name(cli, exported):
    said = cli.ok("tenants", "import", exported, "--slug", "copy")
    assert said.startswith("The tenant copy is ready (sqlite): ")
    assert "copy" in cli.ok("tenants", "list")
    assert "admin" in cli.ok("users", "list", "-t", "copy")


def test_a_disabled_tenant_goes_out_too(cli, tmp_path):
    cli.ok("tenants", "disable", "demo")
    cli.ok("tenants", "export", "demo", str(tmp_path / "out.tar"))


def test_host_names_come_along_where_they_are_free(cli, tmp_path):
    cli.ok("tenants", "domain", "demo", "docs.example.org")
    cli.ok("tenants", "export", "demo", str(tmp_path / "out.tar"))
    said = cli.ok("tenants", "import", str(tmp_path / "out.tar"), "--slug", "copy")
    assert said.endswith("docs.example.org leads to another tenant already.\n")
    cli.ok("tenants", "domain", "demo", "docs.example.org", "--remove")
    cli.ok("tenants", "import", str(tmp_path / "out.tar"), "--slug", "third")
    assert "docs.example.org" in cli.ok("tenants", "list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("export nobody {}/x.tar", "There is no tenant nobody."),
        ("export demo {}/demo.tar", "{}/demo.tar is there already: name another, or"),
        ("export demo {}/no/x.tar", "There is no folder {}/no: make it first."),
        ("import {}/demo.tar", "There is a tenant demo already."),
        ("import {}/demo.tar --slug X_", "'X_' cannot be a tenant's name"),
        ("import {}/demo.tar --slug ab --placement schema", "A schema needs Postgre"),
        ("import {}/none.tar", "There is no file {}/none.tar."),
        ("import {}/manifest.toml", "{}/manifest.toml cannot be used: it is"),
    ],
)
def test_a_wrong_use_is_one_sentence(cli, exported, tmp_path, words, said):
    filled = [word.format(tmp_path) for word in words.split()]
    assert cli.refused("tenants", *filled).startswith(said.format(tmp_path))
    assert cli.ok("tenants", "list").count("demo") == 2  # its name and its file


def test_an_older_file_is_replaced_when_told(cli, exported):
    cli.ok("tenants", "export", "demo", exported, "--overwrite")
