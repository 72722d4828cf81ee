"""Archives that were cut, changed or made to do harm: one sentence, and no trace."""

import hashlib
import io
import os
import sys
import tarfile

import orjson
import pytest

from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.exporting import TENANT
from archivolt_host.archives.packing import HASH, Packing, new_file
from archivolt_host.archives.unpacking import Archive
from archivolt_host.tenants.states import STATES

pytestmark = [
    pytest.mark.plugins("keeping"),
    pytest.mark.usefixtures("keeping"),
]


@pytest.fixture
def refused(host, bring):
    """Return why an archive is refused, after it has left nothing."""

    def refused(path):
        with pytest.raises(ArchiveError) as error:
            bring(path)
        assert [t.slug for t in host.catalog.all(*STATES)] in ([], ["acme"])
        assert not list(host.home.tenants.glob("copy*"))
        return str(error.value)

    return refused


@pytest.fixture
def good(tenant, export):
    return export(tenant)


def head(**more):
    id = "01a1fdf1-85c0-7673-8596-75535ec77c6a"
    facts = {"archivolt": TENANT, "slug": "x", "id": id, "revisions": {}}
    return facts | more


def packed(path, *members, **more):
    """Write an archive whose hashes are right, whatever it holds."""
    with path.open("wb") as file:
        packing = Packing(file, head(**more))
        for name, content in members:
            packing.add_file(name, io.BytesIO(content))
        packing.end()
    return path


def rewritten(path, change):
    """Write an archive anew, each member as ``change`` gives it back."""
    made = path.with_name("changed.tar")
    with tarfile.open(path) as old, tarfile.open(made, "w") as new:
        for member in old:
            for changed in change(member, old.extractfile(member).read()):
                if changed[1] is None:
                    new.addfile(changed[0])
                else:
                    changed[0].size = len(changed[1])
                    new.addfile(changed[0], io.BytesIO(changed[1]))
    return made


def test_one_that_was_cut_short(good, refused, tmp_path):
    whole = good.read_bytes()
    for part in (0, 100, 512, 1500, len(whole) // 2, len(whole) - 10240):
        cut = tmp_path / "cut.tar"
        cut.write_bytes(whole[:part])
        assert "cannot be used" in refused(cut)


def test_one_that_was_cut_in_the_middle_of_a_member(host, tenant, export, refused):
    sys.modules["archivolt_keeping.plugin"].FILES["acme"] = {"big": bytes(200_000)}
    path = export(tenant)
    whole = path.read_bytes()
    with tarfile.open(path) as tar:
        middles = [m.offset_data + m.size // 2 for m in tar if m.size > 1]
    assert len(middles) > 3
    for middle in middles:
        path.write_bytes(whole[:middle])
        assert refused(path).endswith("cannot be used: it is cut short; copy it again.")


def test_one_that_is_cut_short_after_it_was_checked(host, tenant, export, tmp_path):
    sys.modules["archivolt_keeping.plugin"].FILES["acme"] = {"big": bytes(200_000)}
    archive = Archive(export(tenant), TENANT)
    archive.check()
    with tarfile.open(archive.path) as tar:
        members = {m.name: m.offset_data + m.size // 2 for m in tar}
    reads = {
        "files/keeping/big": lambda: [c.read() for _, _, c in archive.files()],
        "tables/host_schedule.jsonl": lambda: [list(c) for _, c in archive.tables()],
    }
    for name, read in reads.items():
        os.truncate(archive.path, members[name])
        with pytest.raises(ArchiveError, match="it is cut short; copy it again"):
            read()


def test_one_in_which_any_byte_was_changed(good, refused):
    whole = bytearray(good.read_bytes())
    found = whole.index(b'"table":')
    whole[found + 3] ^= 1
    good.write_bytes(whole)
    assert "has been changed" in refused(good)


def test_a_member_that_was_changed_with_its_hash(good, refused):
    def change(member, content):
        if member.name == "tables/keeping_thing.jsonl":
            content += b"[]\n"
            member.pax_headers = {HASH: hashlib.sha256(content).hexdigest()}
        yield member, content

    assert "added, removed or exchanged" in refused(rewritten(good, change))


def test_a_member_that_was_taken_out(good, refused):
    def change(member, content):
        if member.name != "tables/keeping_thing.jsonl":
            yield member, content

    assert "added, removed or exchanged" in refused(rewritten(good, change))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "files/keeping/../../x",
        "files/../x",
        "files/keeping/a/b",
        "tables/../x.jsonl",
        "tables/x.jsonl\n",
        "tables/X.jsonl",
        "files/keeping/.hidden",
        "other",
        "",
    ],
)
def test_a_name_that_leads_elsewhere(host, tmp_path, refused, name):
    assert "has no place in it" in refused(packed(tmp_path / "a.tar", (name, b"x")))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_a_link_or_a_device(good, refused, kind):
    def change(member, content):
        if member.name == "tables/keeping_thing.jsonl":
            member.type, member.linkname = kind, "/etc/passwd"
            yield member, None
        else:
            yield member, content

    assert "is no plain file" in refused(rewritten(good, change))


def test_a_table_twice(host, tmp_path, refused):
    table = ("tables/keeping_thing.jsonl", b"{}")
    assert "has no place in it" in refused(packed(tmp_path / "a.tar", table, table))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format": 2}, "newer Archivolt (format 2, this one reads 1); upgrade first"),
        ({"format": "1"}, "newer Archivolt"),
        ({"archivolt": "home"}, "it is no archive of a tenant"),
        ({"revisions": {"gone": "1"}}, "the plugin gone, which is not loaded here"),
        (
            {"revisions": {"keeping": "keeping_9"}},
            "a newer keeping (revision keeping_9)",
        ),
    ],
)
def test_one_that_is_not_for_this_deployment(host, tmp_path, refused, more, said):
    path = tmp_path / "a.tar"
    packed(path, **{k: v for k, v in more.items() if k != "format"})
    if "format" in more:

        def change(member, content):
            if member.name == "archivolt.json":
                content = orjson.dumps(orjson.loads(content) | more)
            yield member, content

        path = rewritten(path, change)
    assert said in refused(path)


def lines(*values):
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


COLUMNS = ["id", "parent_id", "text", "count", "share", "price", "is_good"]
COLUMNS += ["day", "at", "data", "given", "absent"]
ID = {"table": "keeping_thing", "columns": [[name, "uuid"] for name in COLUMNS]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nobodys", lines({"table": "nobodys", "columns": []}), "nobodys"),
        (
            "sqlite_master",
            lines({"table": "sqlite_master", "columns": []}),
            "sqlite_master",
        ),
        ("keeping_thing", lines({"table": "host_job", "columns": []}), "Line 1 of"),
        ("keeping_thing", lines(ID, ["x"] * 12), "Line 2 of keeping_thing"),
        ("keeping_thing", lines(ID, [None] * 12), "A row of keeping_thing"),
        ("keeping_thing", lines(ID, [7] * 12), "Line 2 of keeping_thing"),
        (
            "keeping_thing",
            lines({"table": "keeping_thing", "columns": [["id", "uuid"]]}),
            "has other columns",
        ),
        ("keeping_thing", lines(ID, [None, None]), "Line 2 of keeping_thing"),
        ("keeping_thing", lines(ID, {}), "Line 2 of keeping_thing"),
        ("keeping_thing", lines({"columns": []}), "keeping_thing"),
        ("keeping_thing", b"", "keeping_thing"),
        ("keeping_thing", b"\xff\xfe", "keeping_thing"),
        (
            "keeping_thing",
            lines({"table": "keeping_thing", "columns": [["id", "shell"]]}),
            "keeping_thing",
        ),
    ],
)
def test_rows_that_are_none(host, tmp_path, refused, name, content, said):
    host_1 = host.provisioner.plan.sources[0].head
    now = {"revisions": {"host": host_1, "keeping": "keeping_1"}}
    path = packed(tmp_path / "a.tar", (f"tables/{name}.jsonl", content), **now)
    assert said in refused(path)


def test_what_is_no_archive_at_all(host, tmp_path, refused):
    for content in (b"", b"hello", os.urandom(4096), b"\0" * 20480):
        (tmp_path / "a.tar").write_bytes(content)
        assert "cannot be used" in refused(tmp_path / "a.tar")
    assert refused(tmp_path / "none.tar") == f"There is no file {tmp_path}/none.tar."


@pytest.mark.parametrize("first", [True, False])
def test_a_header_without_end_is_not_read_into_memory(good, refused, first):
    member = tarfile.TarInfo("pax")
    member.type, member.size = tarfile.XHDTYPE, (1 << 33) - 1
    with tarfile.open(good) as tar:
        begin = 0 if first else tar.getmembers()[1].offset
    with good.open("r+b") as file:
        file.seek(begin)
        file.write(member.tobuf(tarfile.USTAR_FORMAT) + b"x" * 4096)
        file.truncate(1 << 34)  # a hole, which costs no disk
    assert "a header of it has no end" in refused(good)


def test_a_file_is_not_replaced_unless_told_and_never_in_part(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(b"old")
    with pytest.raises(ArchiveError, match="is there already"):
        new_file(path, overwrite=False).__enter__()
    with pytest.raises(RuntimeError), new_file(path, overwrite=True) as file:
        file.write(b"half")
        raise RuntimeError
    assert (path.read_bytes(), list(tmp_path.glob("*a.tar*"))) == (
        b"old",
        [path],
    )
    with new_file(path, overwrite=True) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ArchiveError, match="There is no folder"):
        new_file(tmp_path / "none" / "a.tar", overwrite=False).__enter__()


def test_an_archive_knows_its_kind(good):
    assert Archive(good, TENANT).head["slug"] == "acme"
    with pytest.raises(ArchiveError, match="no archive of a home"):
        _ = Archive(good, "home").head
