"""``archivolt plugins check WHEEL``: another version, looked at and left alone."""

import zipfile

import pytest

FIRST = "revision = 'notes_0001'\ndown_revision = None\ndef upgrade(): pass\n"
SECOND = "revision: str = 'notes_0002'\ndown_revision: str = 'notes_0001'\n"
SECOND += "raise SystemExit('a script that nobody may run')\n"
HEAD = "from archivolt_hookspecs import hookimpl\nclass Plugin:\n"
SAMPLES = "    @hookimpl\n    def load_samples(self): return None\n"
NEWS = "    @hookimpl\n    def document_saved(self, document): pass\n"
DECLARED = """
[plugin]
id = "notes"
name = "Notes"
summary = "For a test."
host_api = "{host_api}"

[requires]
plugins = {{ core_documents = ">=0.1" }}

[grants]
net = ["notes.example"]

[settings.most]
type = "integer"
default = 9

[data]
tables = "notes_"
"""


@pytest.fixture
def wheel(tmp_path):
    """Write the wheel of another version of the plugin."""

    def write(version="2.0", host_api=">=1,<2", needs="", code=HEAD + NEWS, **files):
        path = tmp_path / f"archivolt_notes-{version}-py3-none-any.whl"
        dist, package = f"archivolt_notes-{version}.dist-info", "archivolt_notes"
        contents = {
            f"{dist}/METADATA": "Metadata-Version: 2.1\nName: archivolt-notes\n"
            f"Version: {version}\n" + (f"Requires-Dist: {needs}\n" if needs else ""),
            f"{dist}/entry_points.txt": "[archivolt.plugins]\n"
            "notes = archivolt_notes.plugin:Plugin\n",
            f"{package}/plugin.toml": DECLARED.format(host_api=host_api),
            f"{package}/plugin.py": "raise SystemExit('nobody imports it')\n" + code,
            f"{package}/migrations/0001_first.py": FIRST,
            f"{package}/migrations/0002_second.py": SECOND,
        }
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in (contents | files).items():
                archive.writestr(name, text)
        return path

    return write


@pytest.fixture
def notes(cli, make_plugin):
    """A deployment with its first version."""
    make_plugin(
        "notes",
        HEAD + SAMPLES,
        settings={"least": {"type": "integer", "default": 1}},
        files={"migrations/0001_first.py": FIRST},
    )
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.notes]\n")
    assert "1 tenant migrated" in cli.ok("upgrade"), cli.ok("plugins")
    return cli


def lines(said):
    return [" ".join(line.split()) for line in said.splitlines()]


def test_what_changes_is_shown_and_nothing_of_the_wheel_runs(notes, wheel):
    path = wheel()
    said = lines(notes.ok("plugins", "check", str(path)))
    assert said[0] == "notes 1.0 -> 2.0"
    assert {
        "hook new: document_saved",
        "hook gone: load_samples",
        "grant net new: notes.example",
        "setting new: most (integer, 9 by default)",
        "setting gone: least",
        "need new: core_documents",
        "The migration notes_0002 would wait in 1 databases.",
        f"Nothing stands against it: pip install {path}",
    } <= set(said)
    assert "The migration notes_0001 would wait in 1 databases." not in said
    assert notes.ok("upgrade", "--check").startswith("The catalog and all tenants are")


def test_a_plugin_that_is_not_there_yet_is_looked_at_too(cli, wheel):
    said = cli.ok("plugins", "check", str(wheel()))
    assert said.startswith("notes 2.0, which is not installed yet")
    assert "The migration notes_0001 would wait in 1 databases." in said


AGAINST = {
    "another host's API": (
        {"host_api": ">=9"},
        "notes would be out. It is made for host API >=9",
    ),
    "a package of another version": (
        {"needs": "click<1"},
        "It needs click<1, and",
    ),
    "an older version": ({"version": "0.5"}, "1.0 is installed, and this is older."),
}


@pytest.mark.parametrize("fault", AGAINST)
def test_what_stands_against_it_is_said(notes, wheel, fault):
    given, expected = AGAINST[fault]
    done = notes("plugins", "check", str(wheel(**given)))
    assert done.exit_code == 1
    assert f"Against it: {expected}" in done.stderr


def test_a_setting_that_the_manifest_uses_and_that_is_gone_is_named(notes, wheel):
    text = notes.manifest.read_text()
    notes.manifest.write_text(f"{text}least = 3\n")
    done = notes("plugins", "check", str(wheel()))
    assert done.exit_code == 1
    assert "notes has no setting 'least'" in done.stderr
    assert "manifest.toml:" in done.stderr


def test_a_plugin_that_others_need_in_its_old_version_is_held_back(
    notes, wheel, make_plugin
):
    make_plugin("needy", requires={"notes": "<2"})
    notes.manifest.write_text(notes.manifest.read_text() + "[plugins.needy]\n")
    done = notes("plugins", "check", str(wheel()))
    assert "Against it: needy would be out. It needs notes <2" in done.stderr


def test_a_database_that_is_ahead_of_the_wheel_is_named(notes, wheel):
    path = wheel(**{"archivolt_notes/migrations/0001_first.py": SECOND})
    done = notes("plugins", "check", str(path))
    assert done.exit_code == 1
    assert "demo is at notes_0001, which this version does not know." in done.stderr


def test_what_is_no_wheel_is_told_so(cli, tmp_path):
    file = tmp_path / "notes.whl"
    file.write_text("no")
    assert "is no wheel that can be read" in cli.refused("plugins", "check", str(file))
