"""What the template writes passes lint, types and its own tests as it is."""

import pytest

# Every question answered the other way at least once, and in company.
ANSWERS = (
    (),
    ("routes=no",),
    ("models=no",),
    ("scope=system",),
    ("jobs=no",),
    ("hooks=no", "actions=no"),
    ("hooks=no", "actions=no", "routes=no"),
    ("settings=no", "schedules=no"),
    ("models=no", "routes=no"),
    ("driver=yes",),
    ("models=no", "jobs=no", "title=" + "ß" * 38, "summary=" + "«ß» {{ x }}" * 7),
)


@pytest.mark.parametrize("answers", ANSWERS, ids=" ".join)
@pytest.mark.parametrize("name", ["zeta", "a_rather_long_name_of_plugin"])
def test_it_is_clean_whatever_is_answered(new, name, answers):
    project = new(name, *answers)
    project.run("ruff", "check", ".")
    project.run("ruff", "format", "--check", ".")


@pytest.mark.slow
@pytest.mark.parametrize("answers", [(), ("driver=yes",)], ids=["defaults", "all"])
def test_it_passes_all_that_its_author_runs(new, answers):
    """As the last lines of its own CI: on SQLite and on PostgreSQL."""
    project = new("bookmarks", *answers)
    project.run("ruff", "check", ".")
    project.run("mypy")
    assert "passed" in project.run("pytest", "-q")
    assert "keeps all" in project.run("archivolt_host.cli", "conform", "bookmarks")


@pytest.mark.slow
@pytest.mark.parametrize("answers", ANSWERS, ids=" ".join)
def test_types_and_tests_pass_whatever_is_answered(new, answers):
    project = new("other_bookmarks", *answers)
    project.run("mypy")
    project.run("pytest", "-q")


@pytest.mark.slow
def test_a_broken_plugin_would_be_noticed(new):
    project = new("bookmarks")
    logic = project.folder / "archivolt_bookmarks/bookmarks/logic.py"
    logic.write_text(logic.read_text().replace("!= actor().id", "is None"))
    with pytest.raises(AssertionError, match="nobody_sees_the_bookmarks_of_others"):
        project.run("pytest", "-q")
