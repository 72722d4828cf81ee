"""The crontab of a home: each entry is run at its time, into a file of its own."""

import sys
from datetime import UTC, datetime

import pytest

from archivolt_host.cli import opening
from archivolt_host.jobs import crontab, crontab_runs, public_log
from archivolt_host.jobs.crontab_runs import Crontab
from archivolt_host.jobs.public import Rounds
from archivolt_host.tenants import columns

COMMANDS = {"jobs", "manifest", "tenants"}
# Stands for ``archivolt``: says what it was called with, and waits where it is told.
SAYS = """
import pathlib, sys, time
print('called with', *sys.argv[1:], flush=True)
if sys.argv[1] == 'jobs':
    pathlib.Path(sys.argv[2]).touch()
    end = time.monotonic() + 30
    while pathlib.Path(sys.argv[2]).exists() and time.monotonic() < end:
        time.sleep(0.01)
if sys.argv[1] == 'tenants':
    sys.exit('it went wrong')
"""
PROGRAM = (sys.executable, "-c", SAYS)


@pytest.fixture
def at(monkeypatch):
    """Let it be a time."""

    def be(text):
        ahead = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime.now(UTC)
        monkeypatch.setattr(columns, "_clock", lambda: datetime.now(UTC) + ahead)

    return be


@pytest.fixture
def opened(cli):
    with cli.open() as host:
        yield host


def look(*all_rounds):
    """Let each look, and wait for what they begin; return how much that was."""
    threads = [thread for rounds in all_rounds for thread in rounds.look()]
    for thread in threads:
        thread.join(60)
    return len(threads)


def outcomes():
    return [(row.task, row.status) for row in reversed(public_log.newest(100))]


def test_an_entry_runs_at_its_time_into_its_own_file(opened, at, cli, monkeypatch):
    opened.home.crontab.write_text(
        "# Ours.\n"
        "0 7 * * * early manifest check\n"
        "TZ=Europe/Berlin\n"
        "0 7 * * 1-5 later archivolt tenants list --all\n"
    )
    two = [Rounds(Crontab(opened.home, COMMANDS, PROGRAM).tasks) for _ in range(2)]
    at("2026-06-01T04:00:00")  # a Monday
    assert look(*two) == 0
    at("2026-06-01T05:00:10")  # seven o'clock in Berlin
    assert look(*two) == 1
    at("2026-06-01T07:00:10")
    assert look(*two) == 1
    assert look(*two) == 0
    assert outcomes() == [("crontab.later", "failed"), ("crontab.early", "done")]
    logs = opened.home.logs / "cron"
    later = (logs / "later.log").read_text().splitlines()
    assert later[0] == "--- 2026-06-01T05:00:10Z archivolt tenants list --all"
    assert later[1:3] == ["called with tenants list --all", "it went wrong"]
    assert later[3].endswith("Z ended with 1")
    assert "called with manifest check" in (logs / "early.log").read_text()
    [failed] = public_log.newest(1, "crontab.later")
    assert failed.said == f"It ended with 1: see {logs}/later.log."


def test_it_is_archivolt_that_is_run(opened, at, cli, monkeypatch):
    for name, value in cli.environment.items():
        monkeypatch.setenv(name, value)
    opened.home.crontab.write_text("0 7 * * * tidy manifest check\n")
    rounds = Rounds(opening.public_tasks(opened))
    at("2026-06-01T06:59:00")
    look(rounds)
    at("2026-06-01T07:00:10")
    look(rounds)
    assert ("crontab.tidy", "done") in outcomes()
    assert "is right." in (opened.home.logs / "cron" / "tidy.log").read_text()


def test_an_entry_does_not_overtake_itself(opened, at, tmp_path, eventually):
    flag = tmp_path / "flag"
    opened.home.crontab.write_text(f"0 * * * * slow jobs {flag}\n")
    table = Crontab(opened.home, COMMANDS, PROGRAM)
    rounds = Rounds(table.tasks)
    at("2026-06-01T06:59:00")
    look(rounds)
    at("2026-06-01T07:00:10")
    [first] = rounds.look()
    eventually(flag.exists)
    with pytest.raises(Exception, match="slow still runs from before"):
        table.tasks()[0].run()  # as where its scheduler died, and its lease is over
    flag.unlink()
    first.join(60)
    assert outcomes() == [("crontab.slow", "done")]


def test_what_was_missed_is_not_made_up_for(opened, at):
    opened.home.crontab.write_text("0 7 * * * tidy manifest check\n")
    rounds = Rounds(Crontab(opened.home, COMMANDS, PROGRAM).tasks)
    at("2026-06-01T06:59:00")
    look(rounds)
    at("2026-06-01T09:00:00")
    assert look(rounds) == 0
    assert outcomes() == [("crontab.tidy", "skipped")]


def test_a_changed_crontab_is_read_again_and_a_missing_one_is_empty(opened):
    table = Crontab(opened.home, COMMANDS, PROGRAM)
    assert table.tasks() == []
    for count in (1, 2):
        lines = [f"0 7 * * * name-{n} manifest check\n" for n in range(count)]
        opened.home.crontab.write_text("".join(lines))
        assert len(table.tasks()) == count
    opened.home.crontab.unlink()
    assert table.tasks() == []


def test_a_large_log_is_put_aside_and_the_oldest_goes(opened, monkeypatch):
    monkeypatch.setattr(crontab_runs, "LARGEST_LOG", 10)
    opened.home.crontab.write_text("0 7 * * * tidy manifest check\n")
    [task] = Crontab(opened.home, COMMANDS, PROGRAM).tasks()
    for _ in range(6):
        task.run()
    found = sorted(path.name for path in (opened.home.logs / "cron").glob("tidy.log*"))
    assert found == ["tidy.log", *(f"tidy.log.{n}" for n in (1, 2, 3))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 7 * * tidy manifest check", "'0 7 * * tidy' is never due"),
        ("0 7 * * * tidy", "five fields of cron, a name and a command are wanted"),
        ("@daily tidy manifest check", "five fields of cron, a name and a command"),
        ("61 7 * * * tidy manifest check", "'61 7 * * *' is never due"),
        ("0 7 30 2 * tidy manifest check", "'0 7 30 2 *' is never due"),
        ("0 7 * * * Tidy manifest check", "'Tidy' is no name"),
        ("0 7 * * * ../x manifest check", "'../x' is no name"),
        ("0 7 * * * tidy rm -rf /", "'rm' is no command of archivolt"),
        ("0 7 * * * tidy archivolt", "'' is no command of archivolt"),
        ("0 7 * * * tidy manifest 'check", "No closing quotation"),
        ("0 7 * * * good manifest check", "there is an entry good above already"),
        ("TZ=Europe/Berln", "There is no time zone 'Europe/Berln'"),
    ],
)
def test_a_wrong_line_is_named_and_stops_no_other(line, words):
    text = f"0 1 * * * good manifest check\n\n{line}\n0 2 * * * also manifest check\n"
    found = crontab.parse(text, COMMANDS)
    [wrong] = found.mistakes
    assert wrong.line == 3
    assert words in wrong.sentence
    assert [entry.name for entry in found.entries] == ["good", "also"]


def test_a_crontab_that_is_no_text_is_named(tmp_path):
    (tmp_path / "crontab").write_bytes(b"\xff\xfe0 7 * * *")
    [wrong] = crontab.read(tmp_path / "crontab", COMMANDS).mistakes
    assert "UTF-8" in wrong.sentence


def test_the_command_names_the_lines(cli):
    cli.home.joinpath("crontab").write_text("0 7 * * * tidy jobs list\nnonsense\n")
    done = cli("schedules", "crontab")
    assert done.exit_code == 1
    assert f"{cli.home}/crontab:2: five fields of cron" in done.stderr
    cli.home.joinpath("crontab").write_text("0 7 * * * tidy jobs list\n")
    assert "is right: 1 entries." in cli.ok("schedules", "crontab")
    assert "archivolt jobs list" in cli.ok("schedules", "public")
