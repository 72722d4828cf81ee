import importlib
from pathlib import Path

import pytest
from sqlalchemy import text

from archivolt_host.kit.testing.killing import pass_time
from archivolt_host.orchestration.journal import Journal
from archivolt_host.tenants import context, sessions

BANK = Path(__file__).parent / "bank"


@pytest.fixture
def bank_plugin(make_plugin):
    """Install the plugin ``bank``."""
    first = "migrations/0001_first.py"
    code, files = (BANK / "plugin.py").read_text(), (BANK / first).read_text()
    return make_plugin("bank", code, files={first: files})


@pytest.fixture
def bank(bank_plugin, tenant, tmp_path):
    """Work in a tenant of the plugin ``bank``, with 100 in each of two accounts."""
    plugin = importlib.import_module("archivolt_bank.plugin")
    plugin.WORLD = str(tmp_path / "world.db")
    plugin.LOG.clear()
    with context.acting(tenant):
        with sessions.transaction() as work:
            for name in "ab":
                insert = "INSERT INTO bank_account (name, balance) VALUES (:n, 100)"
                work.session.execute(text(insert), {"n": name})
        yield plugin


@pytest.fixture
def ask(tenant):
    """Ask the tenant's database."""

    def answers(question, **values):
        with sessions.reading(tenant) as work:
            return [tuple(row) for row in work.session.execute(text(question), values)]

    return answers


@pytest.fixture
def journal(tenant):
    return Journal(tenant)


@pytest.fixture
def let_leases_end(tenant):
    """Let the time pass that a lease lasts, for runs and for jobs."""
    return lambda: pass_time(tenant)
