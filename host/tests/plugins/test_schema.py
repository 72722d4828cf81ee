from archivolt_host.plugins.schema import json_schema
from archivolt_host.plugins.settings import Setting
from archivolt_host.plugins.types import TYPES


def test_a_schema_has_every_setting_with_its_default_as_written(info) -> None:
    size = Setting.declare("upload", "size", "2GiB", summary="Largest file.")
    level = Setting.declare("level", "string", "low", choices=("low", "high"))
    schema = json_schema(info("a", settings={"upload": size, "level": level}))
    assert schema["additionalProperties"] is False
    assert schema["properties"]["upload"]["default"] == "2GiB"
    assert schema["properties"]["upload"]["description"] == "Largest file."
    assert schema["properties"]["level"]["enum"] == ["low", "high"]


def test_a_schema_requires_what_the_plugin_requires(info) -> None:
    site = Setting("site", "url", required=True)
    assert json_schema(info("a", settings={"site": site}))["required"] == ["site"]


def test_a_schema_shows_no_secret(info) -> None:
    key = Setting.declare("key", "string", "hunter2", secret=True)
    schema = json_schema(info("a", settings={"key": key}))
    assert "hunter2" not in str(schema)
    assert schema["properties"]["key"]["writeOnly"] is True


def test_every_type_of_a_setting_has_a_schema(info) -> None:
    settings = {f"a_{name}": Setting(f"a_{name}", name) for name in TYPES}
    schema = json_schema(info("a", settings=settings))
    assert all(
        shape.get("type") or shape.get("anyOf")
        for shape in schema["properties"].values()
    )
