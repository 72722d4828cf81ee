import sys
from importlib.metadata import EntryPoint

import pytest

from archivolt_host.plugins.metadata import MetadataError, parse_metadata, read_metadata

WHOLE = """
[plugin]
id = "sample"
name = "Sample"
summary = "All there is."
host_api = ">=1,<2"
scope = "system"
required = true
guards = ["permission_granted"]
[requires]
plugins = { other = ">=0.1" }
after = ["third"]
conflicts = ["rival"]
[grants]
net = ["*.example.org"]
[settings.max_upload]
type = "size"
default = "2GiB"
maximum = "4GiB"
scope = "tenant"
summary = "Largest."
[data]
tables = "sample_"
on_purge = "export-then-drop"
"""
SMALL = """
[plugin]
id = "sample"
name = "Sample"
summary = "Little."
host_api = ">=1"
"""


def test_a_plugin_toml_is_read_without_importing_the_plugin(install) -> None:
    info = read_metadata(install(toml=WHOLE))
    assert "archivolt_sample" not in sys.modules
    assert (info.id, info.version, info.distribution) == (
        "sample",
        "1.2",
        "archivolt-sample",
    )
    assert (info.scope, info.required, info.guards) == (
        "system",
        True,
        ("permission_granted",),
    )
    assert info.requires == {"other": ">=0.1"}
    assert (info.after, info.conflicts) == (("third",), ("rival",))
    assert info.grants == {"net": ("*.example.org",)}
    assert (info.tables, info.on_purge) == ("sample_", "export-then-drop")
    setting = info.settings["max_upload"]
    assert (setting.default, setting.maximum, setting.scope) == (
        2**31,
        2**32,
        "tenant",
    )


def test_what_a_plugin_toml_leaves_out_has_defaults(install) -> None:
    info = read_metadata(install(toml=SMALL))
    assert (info.scope, info.required, info.on_purge) == ("tenant", False, "drop")
    assert (info.guards, info.after, info.conflicts) == ((), (), ())
    assert not (info.requires)
    assert not (info.grants)
    assert not (info.settings)
    assert not (info.tables)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (SMALL.replace("name", "nmae"), "name is missing"),
        (SMALL + 'nmae = "x"', "Did you mean name?"),
        (SMALL + "[dta]", "Did you mean data?"),
        (SMALL + 'required = "yes"', "true or false, without quotes"),
        (SMALL + 'scope = "galaxy"', "must be one of system, tenant"),
        (SMALL + 'guards = ["Not A Hook"]', "is not a name"),
        (SMALL.replace(">=1", "one"), "is not a version range"),
        (SMALL + "[requires]\nplugins = { other = 'x' }", "is not a version range"),
        (SMALL + "[requires]\nplugins = { other = 1 }", "a text in quotes"),
        (SMALL + "[requires]\nafter = 'other'", "a list of texts"),
        (SMALL + "[data]\ntables = 'sample'", 'such as "documents_"'),
        (SMALL + "[data]\ntables = 'Sample_'", 'such as "documents_"'),
        (SMALL + "[data]\ntables = 'sqlite_'", "belongs to others"),
        (SMALL + "[data]\ntables = 'host_'", "belongs to others"),
        (SMALL + "[data]\ntables = 'plugin_'", "belongs to others"),
        (SMALL + "[data]\non_purge = 'burn'", "export-then-drop"),
        (SMALL + "[grants]\nnet = 'all'", "net must be a list"),
        (SMALL + "[grants]\nnett = ['a.example']", "Did you mean net?"),
        (SMALL + "[settings.x]\ndefault = 1", "type is missing"),
        (SMALL + "[settings.x]\ntype = 'colour'", "boolean, duration, size"),
        (SMALL + "[settings.x]\ntype = 'size'\ndefault = 'big'", "x must be a size"),
        (SMALL + "[settings.x]\ntype = 'size'\nscop = 'host'", "Did you mean scope?"),
        (SMALL + "[settings.x]\ntype = 'size'\nsecret = true", "type string or url"),
        (SMALL + "[settings.x]\ntype = 'size'\nchoices = ['a']", "string or list"),
        (SMALL + "[settings.x]\ntype = 'string'\nminimum = 1", "minimum or maximum"),
        (SMALL + "[settings.version]\ntype = 'size'", "word of the manifest"),
        (SMALL + "[settings]\nx = 1", "must be a table"),
        (SMALL.replace('"sample"', '"other"'), "give both the same name"),
        ("[plugin", "is not valid"),
        (None, "put one beside its __init__.py"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(install, toml, sentence) -> None:
    with pytest.raises(MetadataError) as error:
        read_metadata(install(toml=toml))
    assert sentence in str(error.value)


def test_a_mistake_names_its_table() -> None:
    raw = {"plugin": {"id": 3}}
    with pytest.raises(MetadataError, match=r"^here/plugin.toml \[plugin\]: id must"):
        parse_metadata(raw, "here/plugin.toml", "here", "1")


def test_a_package_that_is_gone_is_told_so() -> None:
    lost = EntryPoint("lost", "archivolt_never_there.plugin:X", "archivolt.plugins")
    with pytest.raises(MetadataError, match="install it again"):
        read_metadata(lost)


def test_no_prefix_covers_a_table_of_the_host_or_its_catalog() -> None:
    from archivolt_host.plugins.metadata import FOREIGN_TABLES
    from archivolt_host.tenants.columns import Base, CatalogBase

    for base in (Base, CatalogBase):
        for mapper in base.registry.mappers:
            if mapper.class_.__module__.startswith("archivolt_host."):
                first = f"{mapper.local_table.name}_".partition("_")[0]  # type: ignore[attr-defined]
                assert f"{first}_" in FOREIGN_TABLES
