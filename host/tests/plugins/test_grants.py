"""A plugin reaches what its plugin.toml asks for, and nothing else."""

import socket
from contextlib import closing

import pytest
from click.testing import CliRunner

from archivolt_host.app import VERSION
from archivolt_host.cli import declared, opening
from archivolt_host.errors import NotGrantedError
from archivolt_host.maintenance import Maintenance
from archivolt_host.plugins import dispatch, granting

REACHES = """
import socket
from contextlib import closing

import click

from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action, HealthCheck, Schedule
from archivolt_host.kit import db, hooks
from archivolt_host.kit.jobs import job


def reach(host, port):
    with closing(socket.create_connection((host, port), 2)):
        return "reached"


def reach_bare(host, port):
    with closing(socket.socket()) as bare:
        bare.settimeout(2)
        bare.connect((host, port))
        return "reached"


def reach_next(host, port):
    reach("localhost", port)
    return reach_bare(host, port)


def send(host, port):
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as bare:
        bare.sendto(b"x", (host, port))
        bare.sendmsg([b"x"], [], 0, (host, port))
        return "reached"


def look_up(host, port):
    return reach_bare(socket.gethostbyname(host), port)


def reach_after(host, port):
    def reach_then():
        results.append(reach(host, port))

    db.after_commit(reach_then)


results = []


@click.command("reach")
@click.argument("host")
@click.argument("port", type=int)
def reach_by_command(host, port):
    click.echo(reach(host, port))


def ask_other():
    return hooks.call("other.answer")


@job(queue="low", retries=0)
def reach_later(host, port):
    return reach(host, port)


@job(queue="low", retries=0, short=True)
def reach_shortly(host, port):
    return reach(host, port)


class Plugin:
    @hookimpl
    def register_schedules(self):
        where = {"host": "127.0.0.1", "port": PORT}
        duty = {"every": 3600, "arguments": where}
        return [
            Schedule("often", reach_later, shared=True, **duty),
            Schedule("for_all", reach_shortly, public=True, **duty),
        ]

    @hookimpl
    def register_actions(self):
        return [
            Action("sample.reach", reach, ("host", "port")),
            Action("sample.reach_bare", reach_bare, ("host", "port")),
            Action("sample.reach_next", reach_next, ("host", "port")),
            Action("sample.reach_after", reach_after, ("host", "port")),
            Action("sample.send", send, ("host", "port")),
            Action("sample.look_up", look_up, ("host", "port")),
            Action("sample.ask_other", ask_other, ()),
        ]

    @hookimpl
    def register_commands(self):
        return [reach_by_command]

    @hookimpl
    def register_health_checks(self):
        return [HealthCheck("far", lambda: reach("127.0.0.1", PORT))]

    @hookimpl
    def register_jobs(self):
        return [reach_later, reach_shortly]
"""
OTHER = """
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action


class Plugin:
    @hookimpl
    def register_actions(self):
        return [Action("other.answer", lambda: 42, ())]
"""


@pytest.fixture
def server():
    """Somebody who listens, at an address that belongs to nobody of ours."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield {"host": "127.0.0.1", "port": listener.getsockname()[1]}


@pytest.fixture
def opened(make_plugin, open_home, make_tenant, server):
    """Open a host whose plugin has these grants, and return a tenant."""

    def open_with(left=None, **grants):
        make_plugin("other", OTHER)
        code = REACHES.replace("PORT", str(server["port"]))
        make_plugin("sample", code, grants=grants, commands={"reach": "Reaches."})
        settings = {"sample": {"grants": left}} if left is not None else {}
        open_home(plugins=["sample", "other"], settings=settings)
        return make_tenant("acme")

    return open_with


@pytest.mark.parametrize("way", ["sample.reach", "sample.reach_bare"])
def test_a_server_it_did_not_ask_for_is_refused(opened, in_tenant, server, way):
    with in_tenant(opened()), pytest.raises(NotGrantedError, match="connect to 127"):
        dispatch.call(way, **server)
    assert ("sample", "127.0.0.1") in granting.refused


@pytest.mark.parametrize("way", ["sample.reach", "sample.reach_bare"])
@pytest.mark.parametrize("asked", ["127.0.0.1", "127.*", "*"])
def test_a_server_it_asked_for_is_reached(opened, in_tenant, server, way, asked):
    with in_tenant(opened(net=[asked])):
        assert dispatch.call(way, **server) == "reached"


def test_a_name_it_asked_for_is_reached_by_its_addresses(opened, in_tenant, server):
    with in_tenant(opened(net=["localhost"])):
        for way in ("sample.reach", "sample.look_up"):
            assert dispatch.call(way, **server | {"host": "localhost"}) == "reached"
        assert dispatch.call("sample.reach_next", **server) == "reached"


@pytest.mark.parametrize("way", ["reach", "reach_bare", "reach_next", "send"])
def test_a_name_it_asked_for_opens_no_other_address(opened, in_tenant, server, way):
    with (
        in_tenant(opened(net=["localhost"])),
        closing(socket.create_server(("127.0.0.2", server["port"]))),
    ):
        dispatch.call("sample.reach", **server | {"host": "localhost"})
        with pytest.raises(NotGrantedError, match=r"connect to 127\.0\.0\.2"):
            dispatch.call(f"sample.{way}", **server | {"host": "127.0.0.2"})


@pytest.mark.parametrize("way", ["send", "look_up"])
def test_no_other_way_leads_there(opened, in_tenant, server, way):
    with in_tenant(opened()), pytest.raises(NotGrantedError):
        dispatch.call(f"sample.{way}", **server)


def test_a_datagram_it_asked_for_is_sent(opened, in_tenant, server):
    with in_tenant(opened(net=["127.0.0.1"])):
        assert dispatch.call("sample.send", **server) == "reached"


@pytest.mark.parametrize("asked", [[], ["127.0.0.1"]])
def test_a_callback_is_held_to_it_too(opened, in_tenant, server, asked):
    with in_tenant(opened(net=asked)):
        dispatch.call("sample.reach_after", **server)
    from archivolt_sample.plugin import results

    assert results == ["reached"] * len(asked)


@pytest.mark.parametrize("asked", [[], ["127.0.0.1"]])
def test_a_health_check_is_held_to_it_too(opened, client, asked):
    opened(net=asked)
    found = client.get("/vault/health/ready").json["dependencies"]["far"]
    assert (found == "ok") is bool(asked)


@pytest.mark.parametrize("asked", [[], ["127.0.0.1"]])
def test_its_command_is_held_to_it_too(opened, server, asked, monkeypatch, open_home):
    opened(net=asked)
    monkeypatch.setattr(opening, "ready", lambda: open_home.current)
    monkeypatch.setattr(declared, "commands", lambda: {"reach": ("sample", "")})
    done = CliRunner().invoke(
        declared.command("reach"), list(map(str, server.values()))
    )
    assert (done.output == "reached\n") is bool(asked)
    assert isinstance(done.exception, NotGrantedError) is not bool(asked)


@pytest.mark.parametrize("name", ["reach_later", "reach_shortly"])
def test_a_job_is_held_to_it_too(opened, in_tenant, run_jobs, server, name):
    from archivolt_host.jobs.registry import jobs
    from archivolt_host.kit.jobs import enqueue

    tenant = opened()
    with in_tenant(tenant):
        enqueue(jobs().get(f"sample.{name}"), **server)
    [job] = run_jobs(tenant)
    assert job.status == "failed"
    assert "does not ask for it" in job.problem


def test_a_duty_is_held_to_it_too(opened, run_jobs, clock):
    tenant = opened()
    clock.move(hours=2)
    [visit] = [job for job in run_jobs(tenant) if job.name == "host.sweep"]
    assert "does not ask for it" in visit.result["sample.often"]


@pytest.mark.parametrize("asked", [(), ("127.0.0.1",)])
def test_a_task_of_the_whole_host_is_held_to_it_too(opened, open_home, asked):
    opened(net=list(asked))
    found = Maintenance(open_home.current, VERSION).tasks()
    [task] = [task for task in found if task.name == "sample.for_all"]
    if asked:
        assert task.run() == "reached"
        return
    with pytest.raises(NotGrantedError, match="connect to 127"):
        task.run()


def test_an_action_it_did_not_ask_for_is_refused(opened, in_tenant):
    with (
        in_tenant(opened()),
        pytest.raises(NotGrantedError, match=r"call other\.answer"),
    ):
        dispatch.call("sample.ask_other")


@pytest.mark.parametrize("asked", ["other.answer", "other.*"])
def test_an_action_it_asked_for_is_called(opened, in_tenant, asked):
    with in_tenant(opened(call=[asked])):
        assert dispatch.call("sample.ask_other") == 42


@pytest.mark.parametrize("left", [[], ["127.0.0.2"], ["*.example"]])
def test_the_manifest_takes_a_server_back(opened, in_tenant, server, left):
    with (
        in_tenant(opened({"net": left}, net=["127.*"], call=["other.*"])),
        pytest.raises(NotGrantedError, match=r'adds "127\.0\.0\.1" to grants\.net'),
    ):
        assert dispatch.call("sample.ask_other") == 42
        dispatch.call("sample.reach", **server)


@pytest.mark.parametrize("left", [{}, {"net": ["*"]}, {"net": ["127.0.0.1"]}])
def test_the_manifest_leaves_a_server(opened, in_tenant, server, left):
    with in_tenant(opened(left, net=["127.*"])):
        assert dispatch.call("sample.reach", **server) == "reached"


def test_the_manifest_gives_nothing_that_was_not_asked_for(opened, in_tenant, server):
    tenant = opened({"net": ["*"], "call": ["*"]})
    with (
        in_tenant(tenant),
        pytest.raises(NotGrantedError, match=r"plugin\.toml does not"),
    ):
        dispatch.call("sample.reach", **server)


def test_the_manifest_takes_an_action_back(opened, in_tenant):
    with (
        in_tenant(opened({"call": []}, call=["other.answer"])),
        pytest.raises(NotGrantedError, match="the manifest does not grant it"),
    ):
        dispatch.call("sample.ask_other")


def test_what_is_granted_is_shown(opened, open_home):
    left = {"net": ["b.example", "c.example", "no.example.com"]}
    opened(left, net=["a.example", "b.example", "*.example.com"], call=["other.*"])
    registry = open_home.current.registry
    assert registry.grants("sample", "net").shown() == ["b.example", "no.example.com"]
    assert registry.grants("sample", "call").shown() == ["other.*"]


def test_the_host_itself_needs_no_grant(opened, in_tenant, server):
    with in_tenant(opened()):
        socket.create_connection((server["host"], server["port"]), 2).close()
        assert dispatch.call("other.answer") == 42
