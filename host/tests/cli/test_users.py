"""``archivolt users``, the command of a plugin."""

import pytest


def test_a_user_is_created_listed_and_given_another_password(cli):
    said = cli.ok("users", "create", "grace", input="a long password\n")
    assert said == "grace can sign in to demo now.\n"
    assert "grace" in cli.ok("users", "list")
    said = cli.ok("users", "set-password", "grace", input="another password\n")
    assert said == "The password of grace is changed.\n"


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        ("create grace", "short\n", "A password has 8 to 1024 characters."),
        ("create grace", "", "A password has 8 to 1024 characters."),
        ("create admin", "a long password\n", "There is a user admin already."),
        ("create g --role king", "a long password\n", "There is no role king"),
        ("set-password nobody", "a long password\n", "User nobody was not found."),
        ("list -t demi", "", "There is no active tenant demi. Did you mean demo?"),
        ("lst", "", "No such command 'lst'. Did you mean 'list'?"),
    ],
)
def test_a_wrong_use_is_one_sentence(cli, words, typed, said):
    assert cli.refused("users", *words.split(), input=typed).startswith(said)


def test_all_users_are_listed(cli):
    for number in range(3):
        cli.ok("users", "create", f"u{number}", input="a long password\n")
    listed = cli.ok("users", "list").split()
    assert {"u0", "u1", "u2", "admin"} <= set(listed)


def test_it_works_before_anything_was_started(deployment):
    said = deployment.refused("users", "list")
    assert said.startswith("There is no active tenant demo.")


def test_the_command_of_a_plugin_that_is_out_says_why(cli, make_plugin):
    make_plugin("broken", "raise OSError('no luck')", commands={"mend": "Mend it."})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.broken]\n")
    assert "Mend it." in cli.ok("--help")
    said = cli.refused("mend")
    assert said.startswith("mend belongs to broken, which is out. It cannot be")
    assert "no luck" in said


def test_a_command_that_is_declared_and_not_there_is_said(cli, make_plugin):
    make_plugin("empty", commands={"mend": "Mend it."})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.empty]\n")
    assert cli.refused("mend").endswith("It does not bring the command it declares.")
