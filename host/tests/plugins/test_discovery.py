from pathlib import Path

from archivolt_host.plugins.discovery import discover, infos, problems


def test_installed_plugins_are_found_in_the_order_of_their_ids(install) -> None:
    install("zeta")
    install("alpha")
    found = [one.entry_point.name for one in discover()]
    assert found == sorted(found)
    assert infos(discover()).keys() >= {"alpha", "zeta", "core_documents"}


def moved(source: Path, target: Path) -> None:
    before = target.parent.stat().st_mtime_ns
    source.rename(target)
    while target.parent.stat().st_mtime_ns == before:
        target.parent.touch()  # the clock of folders is a slow one


def test_what_comes_and_goes_meanwhile_is_seen(install) -> None:
    site = Path(install("first").dist.locate_file(""))
    later = Path(install("later").dist.locate_file(""))
    info = later / "archivolt_later-1.2.dist-info"
    assert {"first", "later"} <= infos(discover()).keys()
    moved(info, site / "archivolt_later-1.3.dist-info")
    metadata = site / "archivolt_later-1.3.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.2", "1.3"))
    assert infos(discover())["later"].version == "1.3"
    moved(metadata.parent, site / "nothing")
    assert "later" not in infos(discover())


def test_one_broken_plugin_leaves_the_others_readable(install) -> None:
    install("good")
    install("bad", toml="[plugin]")
    found = discover()
    assert "good" in infos(found)
    assert "bad" not in infos(found)
    assert "id is missing" in problems(found)["bad"]


def test_two_distributions_of_one_name_are_both_refused(install) -> None:
    install("twin", package="archivolt_twin")
    install("twin", package="archivolt_impostor")
    twins = [one for one in discover() if one.entry_point.name == "twin"]
    assert [one.info for one in twins] == [None, None]
    for twin in twins:
        assert "archivolt-impostor, archivolt-twin" in twin.problem
        assert "uninstall all but one" in twin.problem
