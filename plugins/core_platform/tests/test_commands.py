"""``archivolt platform`` and ``archivolt keys``, as an operator has them."""

import pytest
from click.testing import CliRunner

from archivolt_core_platform.keys import commands as keys
from archivolt_core_platform.users import commands as users

pytestmark = pytest.mark.plugins("core_identity", "core_platform")
PASSWORD = "a long platform password"


@pytest.fixture
def run(tenant):
    def invoke(command, *words, input=None):
        return CliRunner().invoke(command, words, input=input)

    return invoke


def test_who_runs_the_deployment_is_made_listed_and_let_in_no_more(run, app):
    made = run(users.platform, "users", "create", "root", input=f"{PASSWORD}\n")
    assert (made.exit_code, made.output) == (0, "root runs this deployment now.\n")
    again = run(users.platform, "users", "create", "Root", input=f"{PASSWORD}\n")
    assert "already" in str(again.exception)
    short = run(users.platform, "users", "create", "eve", input="short\n")
    assert "password" in str(short.exception).lower()
    assert PASSWORD not in made.output + again.output
    assert run(users.platform, "users", "list").output.split() == ["root", "active"]
    assert run(users.platform, "users", "disable", "root").exit_code == 0
    assert run(users.platform, "users", "list").output.split() == ["root", "disabled"]
    unknown = run(users.platform, "users", "disable", "nobody")
    assert "nobody" in str(unknown.exception)


def test_keys_are_listed_rotated_and_retired(run, tokens, me):
    assert "in use" in run(keys.keys, "list").output
    rotated = run(keys.keys, "rotate")
    name = rotated.output.split()[0]
    assert "signs from now on" in rotated.output
    assert me(tokens["access"]) == 200, "nobody is signed out"
    lines = run(keys.keys, "list").output.splitlines()
    assert [line.split()[0] for line in lines] == [name, "0"]
    assert run(keys.keys, "retire", "0").output == "0 is retired.\n"
    assert "retired" in run(keys.keys, "list").output.splitlines()[1]
    last = run(keys.keys, "retire", name)
    assert "the only key" in str(last.exception)
