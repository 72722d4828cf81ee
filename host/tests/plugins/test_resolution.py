from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archivolt_host.plugins.manifest import Manifest
from archivolt_host.plugins.metadata import PluginInfo
from archivolt_host.plugins.resolution import Resolution, resolve

IDS = "abcdefgh"


def naming(infos: Mapping[str, PluginInfo], **own) -> Manifest:
    return Manifest({}, plugins={plugin: own.get(plugin, {}) for plugin in infos})


def resolved(*infos: PluginInfo, **own) -> Resolution:
    by_id = {info.id: info for info in infos}
    return resolve(by_id, naming(by_id, **own))


@st.composite
def worlds(draw: st.DrawFn) -> list[PluginInfo]:
    some = st.lists(st.sampled_from(IDS), max_size=2, unique=True)
    return [
        PluginInfo(
            plugin,
            plugin,
            "",
            draw(st.sampled_from(["1.0", "2.0"])),
            plugin,
            draw(st.sampled_from([">=1", ">=1,<2", ">=3"])),
            requires=dict.fromkeys(draw(some), draw(st.sampled_from(["", ">=2"]))),
            after=tuple(draw(some)),
            conflicts=tuple(draw(st.lists(st.sampled_from(IDS), max_size=1))),
        )
        for plugin in draw(st.lists(st.sampled_from(IDS), unique=True))
    ]


@settings(deadline=None)  # the machine may be busy
@given(worlds(), st.randoms())
def test_the_order_is_the_same_whatever_the_input_order(infos, random) -> None:
    shuffled = random.sample(infos, len(infos))
    assert resolved(*infos) == resolved(*shuffled)
    assert list(resolved(*infos).out) == list(resolved(*shuffled).out)


@settings(deadline=None)  # the machine may be busy
@given(worlds())
def test_every_plugin_is_loaded_after_its_needs_or_is_out(infos) -> None:
    found = resolved(*infos)
    by_id = {info.id: info for info in infos}
    assert sorted([*found.order, *found.out]) == sorted(by_id)
    for place, plugin in enumerate(found.order):
        assert by_id[plugin].requires.keys() <= set(found.order[:place])
        assert not set(by_id[plugin].conflicts) & set(found.order) - {plugin}


def test_ties_are_broken_by_id(info) -> None:
    found = resolved(info("c"), info("b", requires={"z": ""}), info("z"), info("a"))
    assert found.order == ("a", "c", "z", "b")


def test_a_soft_wish_is_kept_when_it_can_be(info) -> None:
    assert resolved(info("a", after=("b", "gone")), info("b")).order == ("b", "a")


def test_soft_wishes_in_a_circle_are_dropped_and_the_others_kept(info) -> None:
    found = resolved(
        info("a", after=("b",)), info("b", after=("c",)), info("c", after=("b",))
    )
    assert found.order == ("b", "a", "c")
    assert not found.out


def test_a_soft_wish_yields_to_a_need(info) -> None:
    found = resolved(info("a", after=("b",)), info("b", requires={"a": ""}))
    assert found.order == ("a", "b")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"host_api": ">=2"}, "host API >=2 and this host has 1.0"),
        ({"requires": {"gone": ""}}, "needs gone, which is not installed"),
        ({"requires": {"base": ">=2"}}, "needs base >=2 and 1.0 is installed"),
        ({"conflicts": ("base",)}, "conflicts with base"),
        ({"requires": {"x": ""}}, "x -> x"),
        ({"tables": "base_extra_"}, "base (base_*) overlap"),
    ],
)
def test_a_plugin_is_out_for_a_reason_and_the_rest_stays(info, more, reason) -> None:
    base = info("base", tables="base_", required=True)
    found = resolved(base, info("x", **more), info("y", requires={"x": ""}), info("z"))
    assert found.order == ("base", "z")
    assert reason in found.out["x"]
    assert found.out["y"] == "It needs x, which is out."


DOCUMENTS = {"tables": "documents_"}


@pytest.mark.parametrize(
    ("one", "other", "out"),
    [
        (("core_documents", DOCUMENTS), ("rude", DOCUMENTS), {"rude"}),
        (("shelf", {}), ("shelf_extra", {}), set()),
        (("core_documents", DOCUMENTS), ("documents_extra", {}), set()),
        (("shelf", {}), ("rude", {"tables": "shelf_extra_"}), {"rude"}),
        (("a", {"tables": "x_"}), ("b", {"tables": "x_"}), {"b"}),
        (("b", {"tables": "x_"}), ("a", {"tables": "x_"}), {"a"}),
        (("a", {"tables": "x_", "required": True}), ("x", {}), {"x"}),
    ],
)
def test_of_two_with_the_same_tables_only_the_stranger_is_out(
    info, one, other, out
) -> None:
    infos = [
        info(name, **{"tables": f"{name}_", **more}) for name, more in (one, other)
    ]
    assert resolved(*infos).out.keys() == out


def test_what_others_need_is_not_taken_out_by_a_newcomer(info) -> None:
    new, old = (info(name, tables="x_") for name in "ab")
    user = info("c", requires={"b": ""})
    assert resolved(new, old, user).out.keys() == {"a"}


def test_a_circle_is_printed_and_takes_its_dependents_along(info) -> None:
    found = resolved(
        info("a", requires={"b": ""}),
        info("b", requires={"a": ""}),
        info("c", requires={"a": ""}),
        info("d"),
    )
    assert "a -> b -> a" in found.out["a"]
    assert "b -> a -> b" in found.out["b"]
    assert found.out["c"] == "It needs a, which is out."
    assert found.order == ("d",)


def test_a_version_that_the_manifest_does_not_want_is_out(info) -> None:
    found = resolved(info("a"), a={"version": "==2.*"})
    assert "wants version ==2.* and 1.0 is installed" in found.out["a"]


def test_a_pre_release_counts_as_installed(info) -> None:
    found = resolved(info("a", version="2.0.dev1"), a={"version": ">=1"})
    assert found.order == ("a",)


def test_a_version_nobody_can_read_puts_only_its_plugin_out(info) -> None:
    found = resolved(info("a", version="tomorrow"), info("b"), a={"version": ">=1"})
    assert found.order == ("b",)


def test_a_plugin_that_the_manifest_does_not_name_is_inert(info) -> None:
    infos = {"a": info("a"), "b": info("b", requires={"a": ""})}
    found = resolve(infos, Manifest({}, plugins={"b": {}}))
    assert found.order == ()
    assert found.out == {"b": "It needs a: name it with [plugins.a]."}


def test_a_named_plugin_that_could_not_be_read_keeps_its_reason(info) -> None:
    manifest = Manifest({}, plugins={"bad": {}, "gone": {}, "b": {}})
    infos = {"b": info("b", requires={"bad": ""})}
    found = resolve(infos, manifest, {"bad": "Its plugin.toml is torn."})
    assert found.out["bad"] == "Its plugin.toml is torn."
    assert found.out["gone"] == "It is not installed: install it with pip."
    assert found.out["b"] == "It needs bad, which is out."
