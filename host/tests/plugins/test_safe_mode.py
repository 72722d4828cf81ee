"""The safe mode loads the required plugins alone, and opens no door by it."""

import pytest

from archivolt_host.errors import GuardDownError
from archivolt_host.plugins import dispatch

VETO = """
from archivolt_hookspecs import hookimpl


class Plugin:
    @hookimpl
    def sign_in_refused(self, username):
        return None
"""


@pytest.fixture
def plugins(make_plugin):
    make_plugin("needed")
    make_plugin("vital", required=True, requires=["needed"])
    make_plugin("veto", VETO, guards=["sign_in_refused"])
    make_plugin("other")
    return ["needed", "vital", "veto", "other"]


@pytest.fixture
def host(plugins, open_home, monkeypatch):
    monkeypatch.setenv("ARCHIVOLT_SAFE_MODE", "1")
    return open_home(plugins=plugins)


def test_required_plugins_and_what_they_need_are_loaded(host):
    assert set(host.registry.names) == {"needed", "vital"}


def test_the_others_are_out_and_say_why(host):
    assert set(host.registry.out) == {"veto", "other"}
    assert "safe mode" in host.registry.out["other"]


def test_what_a_plugin_guards_is_refused_while_it_is_left_out(host, tenant, in_tenant):
    with in_tenant(tenant), pytest.raises(GuardDownError):
        dispatch.ask("sign_in_refused", username="ada")


def test_without_it_all_are_loaded(plugins, open_home):
    assert set(open_home(plugins=plugins).registry.names) == set(plugins)
