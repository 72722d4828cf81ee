"""Schedules that plugins declare: who declares a wrong one is out, and says why."""

import pytest

CODE = """
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Schedule
from archivolt_host.kit.jobs import job


@job(queue="low")
def act():
    pass


class Plugin:
    @hookimpl
    def register_jobs(self):
        return [act]

    @hookimpl
    def register_schedules(self):
        return [Schedule("odd", act, RHYTHM)]
"""


@pytest.mark.parametrize(
    ("rhythm", "words"),
    [
        ("zone='Mars', cron='0 7 * * *'", "no time zone 'Mars'"),
        ("cron='0 0 31 2 *'", "never due"),
        ("cron='0 7 * * *', every=60", "either cron"),
    ],
)
def test_a_wrong_schedule_puts_its_plugin_out(make_plugin, open_home, rhythm, words):
    make_plugin("sample", CODE.replace("RHYTHM", rhythm))
    host = open_home(plugins=["core_identity", "sample"])
    assert words in host.registry.out["sample"]
    assert "core_identity" in host.registry.names
