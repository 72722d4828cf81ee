from archivolt_host.plugins.discovery import discover, infos, problems


def test_installed_plugins_are_found_in_the_order_of_their_ids(install) -> None:
    install("zeta")
    install("alpha")
    found = [one.entry_point.name for one in discover()]
    assert found == sorted(found)
    assert infos(discover()).keys() >= {"alpha", "zeta", "core_documents"}


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
