"""A plugin that is all ears, and the people of a tenant whose days it hears."""

import inspect
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archivolt_host.cli import declared, opening
from archivolt_host.cli.main import archivolt
from archivolt_host.plugins.loading import spec_modules

EVERYBODY = (
    "core_identity",
    "core_permissions",
    "core_documents",
    "core_search",
    "core_mail",
    "core_workflow",
    "ear",
)
HEAD = '''
import io
from hashlib import sha256

from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.host import StoredFile

heard = set()


class Plugin:
    """Hears everything, and says nothing."""
'''
HEAR = """
    @hookimpl(tryfirst=True)
    def {name}(self, {arguments}):
        heard.add("{name}")
        return {answer}
"""
FILE = 'StoredFile("ear", 1, sha256(b"e").hexdigest(), lambda: io.BytesIO(b"e"))'
ANSWERS = {
    "stored_files": f"[{FILE}]",
    "purge_storage": "0",
    "visible_events": "()",
    "news_wanted": '["document_created"]',
}


def specs():
    """Return every hook of ours by name."""
    return {
        name: found
        for module in spec_modules()
        for name, found in vars(module).items()
        if hasattr(found, "archivolt_verb")
        and module.__name__.startswith("archivolt_hookspecs.")
    }


def code():
    """Write the plugin: one implementation of each hook."""
    parts = [HEAD]
    for name, spec in specs().items():
        arguments = ", ".join(inspect.signature(spec).parameters)
        answer = "()" if name.startswith("register_") else ANSWERS.get(name, "None")
        parts.append(HEAR.format(name=name, arguments=arguments, answer=answer))
    return "".join(parts)


class Town:
    """Clients of a tenant, jobs, and commands in the same home."""

    def __init__(self, client_as, run_jobs, open_home, folder):
        self.client_as, self.run_jobs = client_as, run_jobs
        self.open_home, self.folder = open_home, folder
        self.home = None  # until the first command closes the host
        self._known = {}

    @property
    def heard(self):
        return sys.modules["archivolt_ear.plugin"].heard

    def ask(self, who, method, path, status=None, **sent):
        if who not in self._known:
            self._known[who] = self.client_as(who)
        headers = {"If-Match": "*", **sent.pop("headers", {})}
        answer = self._known[who].open(
            f"/vault{path}", method=method, headers=headers, **sent
        )
        assert answer.status_code < 400, (method, path, answer.text)
        return answer.get_json(silent=True)

    def get(self, path, who="admin"):
        return self.ask(who, "GET", path)

    def post(self, path, who="admin", **body):
        return self.ask(who, "POST", path, json=body)

    def upload(self, name):
        named = {"Content-Disposition": f'attachment; filename="{name}.txt"'}
        return self.ask(
            "admin", "POST", "/documents", data=b"some words", headers=named
        )["id"]

    def command(self, *words):
        """Run a command on this home, as a process of its own would."""
        if self.home is None:
            self.home = self.open_home.current.home.path
            self.open_home.close()
        home = self.home
        own = {"ARCHIVOLT_HOME": str(home), "ARCHIVOLT_MANIFEST": f"{home}.toml"}
        done = CliRunner().invoke(archivolt, words, env=own)
        if opening.opened.cache_info().currsize:
            opening.opened().close()
        for kept in (
            opening.manifest,
            opening.opened,
            opening.ready,
            declared.commands,
        ):
            kept.cache_clear()
        assert done.exit_code == 0, done.output


@pytest.fixture
def town(make_plugin, open_home, client_as, request, tmp_path: Path):
    make_plugin("ear", code(), commands={"listen": "Hears."})
    open_home()
    client_as("admin")
    found = Town(client_as, request.getfixturevalue("run_jobs"), open_home, tmp_path)
    yield found
    found.heard.clear()
