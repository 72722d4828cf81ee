"""What prevents any command, as one sentence that says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

ALL = (("tenants", "list"), ("plugins",), ("migrate",), ("users", "list"), ("demo",))
ANY = pytest.mark.parametrize("words", ALL, ids=" ".join)


@ANY
def test_a_missing_manifest(deployment, words):
    deployment.manifest.unlink()
    assert "there is no such file; name it with" in deployment.refused(*words)


@ANY
def test_a_wrong_manifest_names_the_line(deployment, words):
    deployment.manifest.write_text("[host]\nworker = 1\n")
    said = deployment.refused(*words)
    assert "manifest.toml:2: unknown key 'worker' in [host]" in said


def test_a_home_that_cannot_be_written(deployment):
    said = deployment.refused("tenants", "list", ARCHIVOLT_HOME="/proc/archivolt")
    assert said.startswith("Archivolt cannot write to its home /proc/archivolt: ")


def test_a_home_of_a_newer_version(deployment):
    deployment.home.mkdir()
    (deployment.home / "VERSION").write_text("9")
    said = deployment.refused("tenants", "list")
    assert said.startswith("This home was made by a newer Archivolt (format 9;")


def test_a_catalog_that_is_no_database(cli):
    cli.home.joinpath("catalog.db").write_bytes(b"nothing of the kind " * 500)
    said = cli.refused("tenants", "list")
    assert said.startswith("SQLite cannot use its file: file is not a database")


def host_settings(deployment, **settings):
    text = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    deployment.manifest.write_text(
        deployment.manifest.read_text().replace("[host]\n", f"[host]\n{text}")
    )


def test_a_postgresql_that_does_not_answer(deployment):
    host_settings(deployment, catalog_url="postgresql://nobody@127.0.0.1:1/x")
    for words in (("tenants", "list"), ("run", "--port", "0")):
        said = deployment.refused(*words)
        assert said.startswith("The database does not answer: connection failed")
        assert "correct catalog_url in the manifest" in said


@pytest.mark.parametrize("missing", ["login", "createrole"])
def test_a_postgresql_without_the_roles(deployment, postgres, missing):
    database = postgres.database()
    login, migrator = database.login_url, database.migrator_url
    if missing == "login":
        migrator = migrator.replace("archivolt_migrator@", "nobody_at_all@")
    else:
        migrator = database.login_url
    host_settings(deployment, catalog_url=login, migrator_url=migrator)
    said = deployment.refused("tenants", "list")
    assert said.startswith("PostgreSQL refuses: ")
    assert "(CREATEROLE)" in said


def test_a_valkey_that_does_not_answer_is_said_before_anything_starts(deployment):
    host_settings(deployment, valkey_url="redis://127.0.0.1:1/0")
    said = deployment.refused("run", "--port", "0")
    assert said.startswith("The server at 127.0.0.1:1/0 does not answer: ")
    assert said.endswith("Start it, or correct valkey_url in the manifest.")
    assert not deployment.home.joinpath("catalog.db").exists()


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none(deployment, port):
    for more in ({"ARCHIVOLT_PORT": port}, {}):
        words = () if more else ("--port", port)
        assert "--port" in deployment.refused("run", *words, **more)
    doctor = deployment("doctor", ARCHIVOLT_PORT=port)
    assert doctor.exit_code == 1
    assert f"ARCHIVOLT_PORT is '{port}': write 1 to 65535." in doctor.stderr


def test_a_manifest_that_run_was_told_and_is_not_there(deployment):
    said = deployment.refused("run", "--manifest", "/nowhere.toml", "--port", "0")
    assert said.startswith("/nowhere.toml: there is no such file")


def test_the_doctor_goes_on_without_a_manifest(deployment):
    deployment.manifest.unlink()
    done = deployment("doctor")
    assert done.exit_code == 1
    assert "there is no such file" in " ".join(done.stdout.split())
    assert "SQLite" in done.stdout


def test_an_unknown_command_suggests_the_nearest(cli):
    for wrong, near in (("tenant", "tenants"), ("usr", "users"), ("rum", "run")):
        said = cli.refused(wrong)
        assert said.startswith(f"No such command '{wrong}'.")
        assert f"'{near}'" in said


def test_a_bug_is_told_without_a_trace_unless_it_is_asked_for(cli, make_plugin):
    code = """
    import click
    from archivolt_hookspecs import hookimpl

    @click.command()
    def stumble():
        raise ZeroDivisionError("of all things")

    class Plugin:
        @hookimpl
        def register_commands(self):
            return [stumble]
    """
    make_plugin("clumsy", code, commands={"stumble": "Fall."})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.clumsy]\n")
    said = cli.refused("stumble")
    assert said.startswith("This is a bug in Archivolt or a plugin: ZeroDivisionError")
    assert "ARCHIVOLT_TRACE=1" in said
    traced = cli("stumble", ARCHIVOLT_TRACE="1")
    assert isinstance(traced.exception, ZeroDivisionError)


LISTS = ("jobs list --limit", "runs list --limit", "schedules log --limit")


@pytest.mark.parametrize("number", ["0", "-3", "9" * 20])
@pytest.mark.parametrize("words", [*LISTS, "events show"])
def test_a_number_that_is_none_of_a_list_is_refused(cli, words, number):
    end = ["--", number] if words == "events show" else [number]
    said = cli.refused(*words.split(), *end)
    assert f"{number} is not in the range 1<=x<=" in said


LIGHT = """
import resource, sys
from archivolt_host.cli.main import archivolt
try:
    archivolt(sys.argv[1:], prog_name="archivolt")
except SystemExit as end:
    used = resource.getrusage(resource.RUSAGE_SELF)
    heavy = {"flask", "sqlalchemy", "alembic", "redis", "archivolt_host.app"}
    print(end.code, used.ru_utime + used.ru_stime, heavy & set(sys.modules))
"""
OWN = ("backup", "demo", "doctor", "manifest", "migrate", "plugins")
OWN += ("restore", "run", "tenants", "upgrade")


@pytest.mark.parametrize("words", [(), *((name,) for name in OWN)])
def test_help_is_quick_and_imports_no_application(deployment, words):
    told = subprocess.run(
        [sys.executable, "-c", LIGHT, *words, "--help"],
        env=deployment.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    *text, last = told.splitlines()
    code, seconds, heavy = last.split(maxsplit=2)
    assert text[0].startswith("Usage: archivolt")
    assert (code, heavy) == ("0", "set()")
    # Half a second is what is promised; a busy machine counts some of its own.
    assert float(seconds) < 1.0


def test_help_of_every_command_and_of_those_below_it(cli):
    listed = cli.ok("--help")
    assert "users " in listed
    for name, below in {
        "manifest": ("example", "check", "show", "diff", "export", "import"),
        "plugins": ("add", "remove"),
        "tenants": ("create", "list", "disable", "enable", "domain"),
        "users": ("create", "list", "set-password"),
    }.items():
        for word in below:
            assert "Usage: " in cli.ok(name, word, "--help")


def test_the_module_is_installed_as_a_command(deployment):
    command = Path(sys.executable).with_name("archivolt")
    told = subprocess.run([command, "--version"], capture_output=True, check=True)
    assert told.stdout.startswith(b"archivolt, version ")
