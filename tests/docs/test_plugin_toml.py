"""The page about plugin.toml shows every key, and a file that the host takes."""

import dataclasses
import re
import tomllib
from pathlib import Path

from archivolt_host.plugins.metadata import PluginInfo, parse_metadata
from archivolt_host.plugins.types import TYPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugin-toml.md"
OF_THE_WHEEL = {"version", "distribution"}


def example():
    [text] = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    return tomllib.loads(text)


def test_the_example_is_taken_as_it_is():
    info = parse_metadata(example(), "the page", "archivolt-shelf", "1.0")
    assert info.settings["most"].default == 100
    assert info.grants["net"] == ("*.books.example",)


def test_every_key_is_on_the_page():
    shown = example()
    keys = {"settings", "grants", "commands", "requires"} & shown.keys()
    for table in ("plugin", "requires", "data"):
        keys |= shown[table].keys()
    known = {field.name for field in dataclasses.fields(PluginInfo)}
    assert known - OF_THE_WHEEL - keys == set()


def test_every_type_of_a_setting_is_on_the_page():
    text = PAGE.read_text()
    assert [name for name in TYPES if f"`{name}`" not in text] == []
