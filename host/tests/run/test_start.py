import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from archivolt_host.cli.run.command import Plan, run_command
from archivolt_host.tenants.home import Home


@pytest.fixture
def sentence(tmp_path):
    """Start where nothing may start, and return what is said."""

    def start(home=tmp_path / "home", port=0):
        command = run_command(lambda options: Plan(lambda run: [], lambda run: None))
        arguments = ["--home", str(home), "--port", str(port)]
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        return result.stderr.removeprefix("Error: ").strip()

    return start


def test_a_second_start_on_one_home_is_refused(run, sentence):
    one = run().ready()
    assert sentence(one.home) == (
        f"Archivolt already runs on this home (process {one.pid})."
        " Stop it, or name another home with ARCHIVOLT_HOME."
    )
    assert one.get().isdigit()


def test_a_port_in_use_is_said_before_anything_starts(sentence, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert sentence(port=port) == (
            f"Port {port} is in use by another program."
            " Set ARCHIVOLT_PORT to a free one."
        )
    assert not list((tmp_path / "home" / "valkey").iterdir())


def test_a_file_in_place_of_the_home_is_refused(sentence, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    assert sentence(path).startswith(f"{path} is a file, not a folder.")


def test_a_home_that_cannot_be_written_is_refused(sentence):
    said = sentence("/proc/archivolt")
    assert said.startswith("Archivolt cannot write to its home /proc/archivolt: ")
    assert said.endswith("or name another home with ARCHIVOLT_HOME.")


def test_a_home_of_a_newer_version_is_refused(sentence, tmp_path):
    home = Home(tmp_path / "home").prepare()
    home.version_file.write_text("3\n")
    assert sentence(home.path) == (
        "This home was made by a newer Archivolt (format 3; this one reads 1)."
        " Install that version, or name another home with ARCHIVOLT_HOME."
    )


def test_the_command_is_light_to_import():
    code = (
        "import sys, archivolt_host.cli.run.command as _;"
        "print({'flask', 'granian', 'rich', 'redis', 'sqlalchemy'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert told.stdout == b"set()\n"
