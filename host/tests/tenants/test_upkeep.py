"""What a database wants now and then: damage is found, and named."""

import sqlite3

import pytest

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs import schedules
from archivolt_host.tenants import context, sessions, upkeep


def test_damage_is_named(host, tenant):
    with context.acting(tenant):
        schedules.sync(tenant)
        with sessions.transaction():
            connection = sessions.connection()
            assert upkeep.check(connection) == "sound"
        with sqlite3.connect(tenant.place.path) as file:
            file.execute("PRAGMA ignore_check_constraints = ON")
            file.execute("UPDATE host_schedule SET every = NULL, cron = NULL")
        file.close()
        words = r"host_schedule.*restore a backup"
        with sessions.reading() as work, pytest.raises(UnavailableError, match=words):
            upkeep.check(work.connection)
