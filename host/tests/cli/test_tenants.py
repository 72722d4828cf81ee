"""``archivolt tenants``, ``migrate`` and ``demo``, used rightly and wrongly."""

import re

import pytest


def rows(output):
    """Return a table's rows as lists of cells."""
    lines = [line for line in output.splitlines() if line.strip()]
    return [re.split(r"\s{2,}", line.strip()) for line in lines[2:]]


def test_a_tenant_is_created_and_its_password_shown_once(deployment):
    said = deployment.ok("tenants", "create", "acme")
    assert "The tenant acme is ready (sqlite)." in said
    assert re.search(r"Sign in as admin with the password \S{16}", said)
    given = deployment.ok("tenants", "create", "beta", "--password", "a long password")
    assert "password" not in given


def test_the_list_says_where_the_data_is(cli):
    cli.ok("tenants", "domain", "demo", "Docs.Example.org")
    [row] = rows(cli.ok("tenants", "list"))
    place = str(cli.home / "tenants" / "demo.db")
    assert row == ["demo", "active", place, "docs.example.org"]


def test_an_empty_list_says_how_to_begin(deployment):
    assert deployment.ok("tenants", "list") == (
        "There is no tenant yet: archivolt tenants create SLUG\n"
    )


def test_a_tenant_is_disabled_and_enabled(cli):
    assert "archivolt tenants enable demo" in cli.ok("tenants", "disable", "demo")
    assert rows(cli.ok("tenants", "list"))[0][1] == "disabled"
    assert "There is no active tenant demo." in cli.refused("users", "list")
    cli.ok("tenants", "enable", "demo")
    assert rows(cli.ok("tenants", "list"))[0][1] == "active"


def test_a_host_name_is_given_and_taken_away(cli):
    cli.ok("tenants", "domain", "demo", "docs.example.org")
    cli.ok("tenants", "domain", "demo", "docs.example.org")
    cli.ok("tenants", "domain", "demo", "docs.example.org", "--remove")
    assert len(rows(cli.ok("tenants", "list"))[0]) == 3
    again = cli.refused("tenants", "domain", "demo", "docs.example.org", "--remove")
    assert again == "Host name of demo docs.example.org was not found."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("create demo", "There is a tenant demo already."),
        ("create X_", "'X_' cannot be a tenant's name: use 2 to 42 of a-z"),
        ("create app", "'app' cannot be a tenant's name"),
        ("create ab --password short", "A password has 8 to 1024 characters."),
        ("create ab --placement schema", "A schema needs PostgreSQL: set catalog_url"),
        ("create ab --placement cloud", "Invalid value for '--placement'"),
        ("create", "Missing argument 'SLUG'."),
        ("disable dem", "There is no tenant dem. Did you mean demo? List them:"),
        ("domain nobody x.example.org", "There is no tenant nobody. List them:"),
        ("domain demo http://x.example.org/", "'http://x.example.org/' is no host"),
        ("domain demo x.example.org:80", "'x.example.org:80' is no host name: write"),
        ("creat x", "No such command 'creat'. Did you mean 'create'?"),
    ],
)
def test_a_wrong_use_is_one_sentence(cli, words, said):
    assert cli.refused("tenants", *words.split()).startswith(said)


def test_a_tenant_that_could_not_be_made_leaves_nothing(cli):
    cli.refused("tenants", "create", "ab", "--password", "short")
    assert len(rows(cli.ok("tenants", "list"))) == 1
    assert not (cli.home / "tenants" / "ab.db").exists()


def test_a_host_name_of_another_tenant_is_refused(cli):
    cli.ok("tenants", "create", "acme")
    cli.ok("tenants", "domain", "acme", "docs.example.org")
    said = cli.refused("tenants", "domain", "demo", "docs.example.org")
    assert said == "docs.example.org leads to another tenant already."


def test_migrate_says_what_it_would_do_and_does_it(cli, make_plugin):
    assert cli.ok("migrate") == "The catalog and all tenants are up to date.\n"
    first = "revision = 'more_1'\ndown_revision = branch_labels = depends_on = None\n"
    first += "def upgrade(): pass\n"
    make_plugin("more", files={"migrations/0001.py": first})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.more]\n")
    done = cli("migrate", "--check")
    assert (done.exit_code, done.stdout) == (1, "demo: more\n")
    assert "1 tenant migrated." in cli.ok("migrate")
    assert cli.ok("migrate", "--check") == (
        "The catalog and all tenants are up to date.\n"
    )


def test_the_demo_brings_something_to_look_at(cli):
    said = cli.ok("demo")
    assert "GET /vault/search?q=contract" in said
    assert cli.ok("demo").count("\n") == said.count("\n")
    assert cli.refused("demo", "-t", "nobody").startswith(
        "There is no active tenant nobody. Name one with --tenant;"
    )
