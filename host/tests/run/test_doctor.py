import json
import socket

import pytest
from click.testing import CliRunner

from archivolt_host.cli.checks import Deployment
from archivolt_host.cli.doctor import doctor_command
from archivolt_host.tenants.home import Home


@pytest.fixture
def doctor(tmp_path):
    """Ask the doctor, and return the exit code and the checks by name."""

    def ask(**facts):
        facts = {"home": Home(tmp_path / "home"), "port": 0} | facts
        command = doctor_command(lambda home, manifest: Deployment(**facts))
        result = CliRunner().invoke(command, ["--json"])
        checks = json.loads(result.stdout)
        return result.exit_code, {check["name"]: check for check in checks}

    return ask


def test_a_sound_machine_passes_and_nothing_is_made(doctor, tmp_path):
    code, checks = doctor()
    assert code == 0
    assert len(checks) == 12
    assert "fail" not in {check["state"] for check in checks.values()}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("home", {"home": Home(__file__)}, "is a file, not a folder"),
        ("manifest", {"manifest_problem": lambda: "Line 3: no such key"}, "Line 3"),
        ("Valkey", {"valkey_url": "redis://:pw@127.0.0.1:1/0"}, "at 127.0.0.1:1/0"),
        (
            "PostgreSQL",
            {"postgresql_url": "postgresql://u:pw@127.0.0.1:1/x"},
            "refused",
        ),
    ],
)
def test_what_is_wrong_fails_with_a_sentence(doctor, name, facts, words):
    code, checks = doctor(**facts)
    assert code == 1
    assert checks[name]["state"] == "fail"
    assert words in checks[name]["sentence"]
    assert "pw" not in checks[name]["sentence"]


def test_a_port_in_use_fails(doctor):
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, checks = doctor(port=other.getsockname()[1])
    assert code == 1
    assert "is in use by another program" in checks["port"]["sentence"]


def test_a_broken_plugin_is_a_warning(doctor):
    code, checks = doctor(plugins=[("good", None), ("bad", "No module named 'x'")])
    assert code == 0
    assert checks["plugins"]["state"] == "warn"
    assert (
        "bad cannot be imported: No module named 'x'." in checks["plugins"]["sentence"]
    )


def test_a_running_archivolt_is_told_apart_from_a_stranger(doctor, run):
    one = run().ready()
    port = int(one.address().rsplit(":")[-1])
    _, checks = doctor(home=Home(one.home), port=port)
    assert f"(process {one.pid})" in checks["port"]["sentence"]


def test_wrong_lines_of_a_crontab_are_a_warning(doctor, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "crontab").write_text("# ours\n0 * * * * tidy nonsense\n")
    code, checks = doctor()
    assert (code, checks["crontab"]["state"]) == (0, "warn")
    said = "crontab:2: 'nonsense' is no command of archivolt: see 'archivolt -h'."
    assert checks["crontab"]["sentence"].endswith(said)


def test_people_read_a_table(tmp_path):
    command = doctor_command(lambda home, manifest: Deployment(Home(home), port=0))
    result = CliRunner().invoke(command, ["--home", str(tmp_path)])
    assert result.exit_code == 0
    assert "SQLite" in result.stdout
