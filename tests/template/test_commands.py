"""``archivolt plugin new`` and ``update``, as authors use them."""

import pytest


def test_a_used_folder_is_left_alone(here, command):
    (here / "bookmarks").mkdir()
    (here / "bookmarks/mine.txt").write_text("mine")
    said = command("plugin", "new", "bookmarks", "--defaults", code=1)
    assert "is not empty" in said
    assert [p.name for p in (here / "bookmarks").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["Book", "9lives", "../up", "a-b", "x" * 60])
def test_a_name_that_no_plugin_can_have_is_refused(here, command, name):
    assert "is no name for a plugin" in command("plugin", "new", name, code=1)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("host", "archivolt-host is installed already"),
        ("core_documents", "archivolt-core-documents is installed already"),
        ("plugin_template", "is installed already"),
        ("documents", "taken for those of core_documents"),
        ("tenant", "belong to the host"),
        ("shelf_hookspecs", "a package of hookspecs"),
        ("class", "a word of Python itself"),
        ("none", "a word of Python itself"),
        ("action", "called Action"),
    ],
)
def test_a_name_that_is_taken_is_refused(here, command, name, why):
    said = command("plugin", "new", name, "--defaults", code=1)
    assert why in said
    assert said.strip().endswith("Choose another name.")
    assert list(here.iterdir()) == []


def test_an_answer_without_its_question_is_refused(here, command):
    said = command("plugin", "new", "a", "--defaults", "--with", "colour=red", code=1)
    assert "answers no question" in said


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (['summary=He said "x".'], "without quotation marks"),
        (["summary=C:\\new"], "and backslashes"),
        (["summary=" + "x" * 81], "at most 80"),
        (["summary=one\ntwo"], "one line"),
        (["summary=one\n"], "one line"),
        (["summary="], "one line"),
        (["summary=one "], "one line"),
        (['title=The "best"'], "without quotation marks"),
        (["title=" + "x" * 39], "at most 38"),
        (["jobs=maybe"], "write yes or no"),
        (["models=no", "jobs=yes"], "jobs=yes does not go with the other answers"),
        (["scope=system", "models=yes"], "models=yes does not go with"),
        (["scope=both"], "scope"),
        (["name=other"], "answers no question"),
    ],
)
def test_an_answer_that_cannot_be_written_is_refused(here, command, answers, why):
    given = [part for answer in answers for part in ("--with", answer)]
    assert why in command("plugin", "new", "zeta", "--defaults", *given, code=1)
    assert list(here.iterdir()) == []


def test_a_fresh_plugin_has_nothing_to_update(new, command):
    new("bookmarks")
    assert "Nothing has changed" in command("plugin", "update", "bookmarks")


class Aged:
    """A plugin as an older template would have written it."""

    def __init__(self, project, command):
        self.folder, self.command = project.folder, command
        self.file = self.folder / "README.md"

    def written_as(self, text):
        """Have the file, and the record of it, be an older template's."""
        from hashlib import sha256

        record = self.folder / ".archivolt-template.toml"
        now, then = self.file.read_bytes(), text.encode()
        hashes = [sha256(content).hexdigest() for content in (now, then)]
        record.write_text(record.read_text().replace(*hashes))
        self.file.write_bytes(then)

    def update(self, *options):
        return self.command("plugin", "update", "bookmarks", *options)


@pytest.fixture
def aged(new, command):
    return Aged(new("bookmarks"), command)


def test_what_the_author_never_touched_is_replaced(aged):
    today = aged.file.read_text()
    aged.written_as("an older template's")
    assert aged.update().split() == ["replace", "README.md"]
    assert aged.file.read_text() == today
    assert "Nothing has changed" in aged.update()


def test_what_both_changed_stays_and_the_new_one_lies_beside(aged):
    today = aged.file.read_text()
    aged.written_as("an older template's")
    aged.file.write_text("mine")
    assert aged.update().split() == ["beside", "README.md"]
    assert aged.file.read_text() == "mine"
    assert aged.file.with_name("README.md.new").read_text() == today


def test_what_only_the_author_changed_stays(aged):
    aged.file.write_text("mine")
    assert "Nothing has changed" in aged.update()
    assert aged.file.read_text() == "mine"


def test_a_file_that_the_author_deleted_does_not_come_back_unasked(aged):
    aged.file.unlink()
    assert "Nothing has changed" in aged.update()
    assert not aged.file.exists()


def test_a_dry_run_changes_nothing(aged):
    aged.written_as("an older template's")
    assert aged.update("--dry-run").split() == ["replace", "README.md"]
    assert aged.file.read_text() == "an older template's"


def test_a_folder_that_holds_no_plugin_is_told_so(here, command):
    assert "not made by" in command("plugin", "update", code=1)
