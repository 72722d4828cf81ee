"""Messages arrive once the transaction is durable, as files or at a mail server."""

import email
import os
import socket
from contextlib import closing
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from sqlalchemy import text

from archivolt_host.app import VERSION
from archivolt_host.kit import hooks
from archivolt_host.kit.errors import InvalidError, RefusedError, UnavailableError
from archivolt_host.maintenance import Maintenance
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context

pytestmark = [
    pytest.mark.plugins("core_identity", "core_mail"),
    # The server on loopback asks for a password without TLS, and says that this is bad.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]
TEXT = "Grüße,\n.a line that begins with a dot\n"
GIVEN = {"to": "grace@example.org", "subject": "Hello Größe", "text": TEXT}


class Box:
    """Keeps what a mail server took."""

    def __init__(self):
        self.messages = []
        self.refuse = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's
        if self.refuse:
            self.refuse -= 1
            return "451 try again later"
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"


def free_port():
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def known(server, session, envelope, mechanism, given):
    right = (given.login, given.password) == (b"archivolt", b"sesame")
    return AuthResult(success=right, handled=False)


class Server(Controller):
    def factory(self):
        return SMTP(
            self.handler,
            authenticator=known,
            auth_require_tls=False,
            auth_required=True,
            hostname="test",
        )


@pytest.fixture
def box():
    server = Server(Box(), hostname="127.0.0.1", port=free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smtp(box, open_home):
    """Open a home whose mail goes to the box."""

    def opened(**settings):
        given = {"driver": "smtp", "smtp_host": "127.0.0.1", "smtp_port": box.port}
        given |= {"smtp_user": "archivolt", "sender": "vault@example.org", **settings}
        password = {"smtp_password": "sesame"} | settings
        return open_home(settings={"core_mail": given | password})

    return opened


@pytest.mark.placements
def test_a_message_becomes_a_file_after_the_commit(host, tenant, in_tenant, run_jobs):
    with in_tenant(tenant):
        hooks.call("send_mail", **GIVEN)
    run_jobs()
    [path] = (host.home.path / "mail").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["To"] == "grace@example.org"
    assert message["Subject"] == "Hello Größe"
    assert message["X-Archivolt-Tenant"] == "acme"
    assert message.get_content().replace("\r\n", "\n") == TEXT


def test_what_is_rolled_back_sends_nothing(host, tenant, in_tenant, run_jobs):
    with pytest.raises(ZeroDivisionError), in_tenant(tenant):
        hooks.call("send_mail", **GIVEN)
        raise ZeroDivisionError
    run_jobs()
    assert list((host.home.path / "mail").iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "nobody"},
        {"to": "a@example.org, b@example.org"},
        {"to": "a@example.org\r\nBcc: c@example.org"},
        {"subject": "two\r\nBcc: c@example.org"},
        {"subject": "x" * 501},
    ],
)
def test_headers_cannot_be_smuggled_in(tenant, in_tenant, wrong):
    with in_tenant(tenant), pytest.raises(InvalidError):
        hooks.call("send_mail", **{**GIVEN, **wrong})


def test_a_mail_server_takes_the_message(smtp, box, make_tenant, in_tenant, run_jobs):
    smtp()
    acme = make_tenant("acme")
    with in_tenant(acme):
        hooks.call("send_mail", **GIVEN)
    run_jobs(acme)
    [message] = box.handler.messages
    assert (message["From"], message["To"]) == ("vault@example.org", GIVEN["to"])
    assert message.get_content().replace("\r\n", "\n") == TEXT


def test_a_message_that_was_refused_for_now_goes_out_once(
    smtp, box, make_tenant, in_tenant, run_jobs
):
    smtp()
    acme, box.handler.refuse = make_tenant("acme"), 1
    with in_tenant(acme):
        hooks.call("send_mail", **GIVEN)
    run_jobs(acme)
    assert box.handler.messages == []
    with in_tenant(acme) as work:
        work.session.execute(text("UPDATE host_job SET run_at = created_at"))
    for _ in range(2):
        run_jobs(acme)
    assert len(box.handler.messages) == 1


@pytest.mark.parametrize(
    "settings", [{"smtp_password": "wrong"}, {"smtp_security": "starttls"}]
)
def test_a_server_that_will_not_is_named(smtp, box, make_tenant, settings):
    smtp(**settings)
    with (
        context.acting(make_tenant("acme")),
        pytest.raises(UnavailableError, match=f"127.0.0.1:{box.port} did not take"),
    ):
        hooks.call("deliver_mail", **GIVEN)
    assert box.handler.messages == []


def test_the_operators_password_is_not_shown_to_a_server_of_a_tenants(
    smtp, box, make_tenant, client_as
):
    smtp(smtp_host="mail.invalid")
    acme, admin = make_tenant("acme"), client_as("admin")

    def change(**settings):
        answer = admin.put("/vault/plugins/core_mail", json={"settings": settings})
        assert answer.status_code == 200, answer.text

    change(smtp_host="127.0.0.1")
    refused = "smtp_password of core_mail is the operator's, and smtp_host was changed"
    with context.acting(acme), pytest.raises(RefusedError, match=refused):
        hooks.call("deliver_mail", **GIVEN)
    assert box.handler.messages == []
    change(smtp_password="sesame")
    with context.acting(acme):
        hooks.call("deliver_mail", **GIVEN)
    assert len(box.handler.messages) == 1


@pytest.mark.parametrize(
    ("name", "wrong", "sentence"),
    [
        ("driver", "pigeon", "one of file, smtp, not 'pigeon'"),
        ("sender", "a@example.org\r\nBcc: b@example.org", "must be an e-mail address"),
    ],
)
def test_a_setting_that_would_send_nothing_is_refused(
    host, client_as, tenant, in_tenant, run_jobs, name, wrong, sentence
):
    admin = client_as("admin")
    answer = admin.put("/vault/plugins/core_mail", json={"settings": {name: wrong}})
    assert answer.status_code == 400
    assert sentence in answer.json["detail"]
    overrides.write("acme", "core_mail", {f"settings.{name}": wrong}, "long ago")
    host.registry.forget()  # what was stored before holds no mail up
    with in_tenant(tenant):
        hooks.call("send_mail", **GIVEN)
    assert [job.status for job in run_jobs(tenant)] == ["done"]
    shown = admin.get("/vault/plugins/core_mail").json["settings"][name]
    assert shown["origin"] == "default"


@pytest.mark.settings(core_mail={"keep_files": "1d"})
def test_old_files_are_forgotten_for_all_tenants_at_once(
    host, tenant, in_tenant, run_jobs
):
    for _ in range(2):
        with in_tenant(tenant):
            hooks.call("send_mail", **GIVEN)
    run_jobs(tenant)
    old, young = sorted(host.home.mail.glob("*.eml"))
    os.utime(old, (0, 0))
    tasks = {task.name: task for task in Maintenance(host, VERSION).tasks()}
    assert tasks["core_mail.forget_files"].run() == 1
    assert list(host.home.mail.glob("*.eml")) == [young]
