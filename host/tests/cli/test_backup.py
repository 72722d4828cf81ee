"""``archivolt backup`` and ``restore``, used rightly and wrongly, and bad backups."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import orjson
import pytest

from archivolt_host.archives import restoring
from archivolt_host.tenants.home import Home


@pytest.fixture
def backed_up(cli, tmp_path):
    said = cli.ok("backup", str(tmp_path / "backup"))
    assert said.startswith(f"The home is in {tmp_path}/backup: ")
    return tmp_path / "backup"


@pytest.fixture
def packed(cli, tmp_path):
    cli.ok("backup", str(tmp_path / "backup.tar"))
    return tmp_path / "backup.tar"


@pytest.fixture
def refused(cli, tmp_path):
    """Return why a backup is refused, after it has left nothing."""

    def refused(path):
        new = tmp_path / "new"
        said = cli.refused("restore", str(path), ARCHIVOLT_HOME=str(new))
        assert not new.exists()
        assert not list(tmp_path.glob(".*"))
        return said

    return refused


def test_a_backup_is_private_and_holds_what_is_needed(cli, backed_up):
    assert backed_up.stat().st_mode & 0o777 == 0o700
    found = {str(path.relative_to(backed_up)) for path in backed_up.rglob("*.*")}
    assert {"home/catalog.db", "home/tenants/demo.db", "home/secret.key"} < found
    assert (backed_up / "manifest" / "0-manifest.toml").read_bytes() == (
        cli.manifest.read_bytes()
    )
    assert not [name for name in found if "-wal" in name or "/run/" in name]


def test_a_home_that_has_never_been_used_is_backed_up_and_restored(
    deployment, tmp_path
):
    deployment.ok("backup", str(tmp_path / "backup"))
    new = {"ARCHIVOLT_HOME": str(tmp_path / "new")}
    assert "is restored" in deployment.ok("restore", str(tmp_path / "backup"), **new)
    assert "There is no tenant yet" in deployment.ok("tenants", "list", **new)


def test_what_is_there_is_replaced_only_when_told(cli, backed_up, packed):
    for target in (backed_up, packed):
        said = cli.refused("backup", str(target))
        assert said == f"{target} is there already: name another, or say --overwrite."
        cli.ok("backup", str(target), "--overwrite")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{}/none/backup", "There is no folder {}/none: make it first."),
        ("{}/manifest.toml", "{}/manifest.toml is there already"),
        ("{}/manifest.toml --overwrite", "{}/manifest.toml is a file: name another."),
    ],
)
def test_a_target_that_cannot_be_is_refused(cli, tmp_path, target, said):
    words = [word.format(tmp_path) for word in target.split()]
    assert cli.refused("backup", *words).startswith(said.format(tmp_path))


def test_a_restored_home_is_as_it_was(cli, backed_up, tmp_path):
    new = str(tmp_path / "new")
    said = cli.ok("restore", str(backed_up), ARCHIVOLT_HOME=new)
    assert said == f"The home {new} is restored. Its manifest is {cli.manifest}.\n"
    assert "demo" in cli.ok("tenants", "list", ARCHIVOLT_HOME=new)
    assert os.stat(new).st_mode & 0o777 == 0o700
    assert (tmp_path / "new/secret.key").read_bytes() == Home(cli.home).secret()


def test_the_manifest_comes_along_where_there_is_none(cli, backed_up, tmp_path):
    place = {"ARCHIVOLT_HOME": str(tmp_path / "new")}
    gone = str(tmp_path / "else" / "manifest.toml")
    said = cli.ok("restore", str(backed_up), ARCHIVOLT_MANIFEST=gone, **place)
    assert said.endswith(f"So is its manifest, {gone}.\n")
    assert "demo" in cli.ok("tenants", "list", ARCHIVOLT_MANIFEST=gone, **place)


def test_another_manifest_stays_and_that_of_the_backup_is_kept(
    cli, backed_up, tmp_path
):
    cli.manifest.write_text(cli.manifest.read_text() + "# changed\n")
    said = cli.ok("restore", str(backed_up), ARCHIVOLT_HOME=str(tmp_path / "new"))
    assert f"{cli.manifest} stays as it was; the backup's manifest is" in said
    assert (tmp_path / "new/manifest.of-backup.toml").exists()


def test_a_home_that_is_there_is_never_lost(cli, backed_up):
    said = cli.refused("restore", str(backed_up))
    assert said.startswith(f"There is something in {cli.home} already: name another")
    cli.ok("tenants", "create", "later")
    said = cli.ok("restore", str(backed_up), "--overwrite")
    kept = said.splitlines()[1].removeprefix("The one before is ").split(":")[0]
    assert "later" not in cli.ok("tenants", "list")
    assert "later" in cli.ok("tenants", "list", ARCHIVOLT_HOME=kept)


def test_an_empty_home_is_filled_and_stays_the_folder_that_it_is(
    cli, backed_up, tmp_path, monkeypatch
):
    new, rename = tmp_path / "new", os.rename
    (new / "lost+found").mkdir(parents=True)

    def busy(old, name):
        if new in (old, name):
            raise OSError(16, "Device or resource busy", str(new))
        rename(old, name)

    monkeypatch.setattr(os, "rename", busy)
    there = {"ARCHIVOLT_HOME": str(new)}
    said = cli.ok("restore", str(backed_up), **there)
    assert said == f"The home {new} is restored. Its manifest is {cli.manifest}.\n"
    assert "demo" in cli.ok("tenants", "list", **there)
    assert list(new.glob(".*")) == list(tmp_path.glob(".*")) == []


def test_a_mounted_home_with_something_in_it_is_refused_before_copying(
    cli, backed_up, monkeypatch
):
    monkeypatch.setattr(restoring, "copy_files", None)
    monkeypatch.setattr(os.path, "ismount", lambda path: path == cli.home)
    said = cli.refused("restore", str(backed_up), "--overwrite")
    assert said.startswith(f"{cli.home} is a mounted disk, which cannot be put aside")
    assert "demo" in cli.ok("tenants", "list")


def test_a_home_in_use_is_left_alone(cli, backed_up):
    with Home(cli.home).lock():
        said = cli.refused("restore", str(backed_up), "--overwrite")
    assert (
        said == f"Archivolt runs on {cli.home} (process {os.getpid()}): stop it first."
    )


def test_a_damaged_database_is_told_and_leaves_no_backup(cli, tmp_path):
    file = cli.home / "tenants" / "demo.db"
    broken = bytearray(file.read_bytes())
    broken[8192:12288] = bytes(range(256)) * 16
    file.write_bytes(broken)
    said = cli.refused("backup", str(tmp_path / "backup"))
    assert "demo.db is damaged" in said or "SQLite cannot use its file" in said
    assert not (tmp_path / "backup").exists()
    assert not list(tmp_path.glob(".backup*"))


LIMITED = 'ulimit -f "$0" && exec "$@"'  # in blocks of 512 bytes


@pytest.mark.slow
def test_a_disk_that_is_full_is_called_so(cli, backed_up, tmp_path):
    cli.ok("tenants", "export", "demo", str(tmp_path / "demo.tar"))
    largest = (cli.home / "tenants" / "demo.db").stat().st_size // 512 - 100

    def told(*words):
        command = Path(sys.executable).with_name("archivolt")
        done = subprocess.run(
            ["sh", "-c", LIMITED, str(largest), command, *words],
            env=cli.environment,
            capture_output=True,
            text=True,
        )
        assert not [*tmp_path.glob("*new*"), *cli.home.glob("tenants/copy*")]
        return done.stderr

    database = "Error: The disk of the database is full, or damaged: disk I/O error."
    room = "Make room, then run it again.\n"
    assert told("backup", str(tmp_path / "new")) == f"{database} {room}"
    copy = ("import", str(tmp_path / "demo.tar"), "--slug", "copy")
    assert told("tenants", *copy) == f"{database} {room}"
    cli.home = tmp_path / "new"
    said = told("restore", str(backed_up))
    assert said.startswith(f"Error: The disk of {tmp_path}/.new-")
    assert said.endswith(f"demo.db is full (File too large): {room.lower()}")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("home/tenants/demo.db", "home/tenants/demo.db has been changed"),
        ("home/secret.key", "home/secret.key has been changed"),
        ("index.jsonl", "index.jsonl has been changed"),
    ],
)
def test_a_changed_byte_is_found(backed_up, refused, file, said):
    path = backed_up / file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert refused(backed_up) == f"{backed_up} cannot be used: {said}."


def test_what_is_missing_or_was_added_is_found(backed_up, refused):
    (backed_up / "home" / "tenants" / "more.db").write_bytes(b"")
    assert "home/tenants/more.db was added" in refused(backed_up)
    (backed_up / "home" / "tenants" / "more.db").unlink()
    (backed_up / "home" / "catalog.db").unlink()
    assert "home/catalog.db is missing" in refused(backed_up)


def test_a_link_in_place_of_a_file_is_found(backed_up, refused, tmp_path):
    secret = backed_up / "home" / "secret.key"
    shutil.copyfile(secret, tmp_path / "elsewhere")
    secret.unlink()
    secret.symlink_to(tmp_path / "elsewhere")
    assert "home/secret.key is missing" in refused(backed_up)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format": 2}, "newer Archivolt (format 2, this one reads 1); upgrade first"),
        ({"archivolt": "tenant"}, "it is no backup of Archivolt, or not a whole one"),
    ],
)
def test_a_backup_for_others_is_refused(backed_up, refused, more, said):
    head = backed_up / "archivolt.json"
    head.write_bytes(orjson.dumps(orjson.loads(head.read_bytes()) | more))
    assert said in refused(backed_up)


def test_a_file_that_was_cut_is_refused(packed, refused, tmp_path):
    whole = packed.read_bytes()
    for part in (0, 700, len(whole) // 2, len(whole) - 20000):
        (tmp_path / "cut.tar").write_bytes(whole[:part])
        assert "cannot be used" in refused(tmp_path / "cut.tar")


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a//b", "./a"])
def test_a_name_that_leads_elsewhere_is_refused(cli, refused, tmp_path, name):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))
    assert "is no place in a backup" in refused(tmp_path / "a.tar")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_a_link_in_a_file_is_refused(cli, refused, tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo("home")
        member.type, member.linkname = kind, "/etc"
        tar.addfile(member)
    assert "is no plain file of a backup" in refused(tmp_path / "a.tar")


def test_the_one_taken_at_its_time_is_restored_and_the_oldest_go(cli, tmp_path):
    manifest = cli.manifest.read_text()
    cli.manifest.write_text(manifest.replace("[host]", "[host]\nbackup_keep = 2", 1))
    folder = cli.home / "backups"
    folder.mkdir()
    for name in ("backup-2026-01-01T02-30-00", "backup-2026-01-02T02-30-00"):
        (folder / name).mkdir()
    said = cli.ok("schedules", "do", "host.back_up")
    assert said.endswith("files. 1 older deleted.\n")
    first, newest = sorted(folder.iterdir())
    assert first.name == "backup-2026-01-02T02-30-00"
    assert not (newest / "home" / "backups").exists()
    assert re.search(r"host.back_up .* done +/\S+/backup-", cli.ok("schedules", "log"))
    assert re.search(r"host.back_up +30 2 \* \* \* ", cli.ok("schedules", "public"))
    new = {"ARCHIVOLT_HOME": str(tmp_path / "new")}
    assert "is restored" in cli.ok("restore", str(newest), **new)
    assert "demo" in cli.ok("tenants", "list", **new)
    assert "is none: see" in cli.refused("schedules", "do", "host.nothing")


def test_a_rhythm_that_is_none_is_named(cli):
    manifest = cli.manifest.read_text()
    cli.manifest.write_text(manifest.replace("[host]", "[host]\nbackups = 'daily'", 1))
    said = cli("manifest", "check").output
    assert "backups must be five fields of cron such as '30 2 * * *'" in said
