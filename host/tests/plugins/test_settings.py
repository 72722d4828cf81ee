from typing import Any

import pytest

from archivolt_host.plugins.secrets import Secret, resolve_secret
from archivolt_host.plugins.settings import (
    Setting,
    SettingError,
    check_declaration,
    display,
    parse,
)


@pytest.mark.parametrize(
    ("type", "raw", "value"),
    [
        ("string", "text", "text"),
        ("integer", 3, 3),
        ("number", 3, 3.0),
        ("boolean", True, True),
        ("duration", "15m", 900),
        ("duration", 20, 20),
        ("size", "2GiB", 2**31),
        ("url", "https://example.org/x", "https://example.org/x"),
        ("list", ["a", "b"], ("a", "b")),
        ("email", "vault@example.org", "vault@example.org"),
        ("time_zone", "Europe/Vienna", "Europe/Vienna"),
        ("time", "09:30", "09:30"),
        ("dates", ["2026-12-25"], ("2026-12-25",)),
    ],
)
def test_a_fitting_value_is_read(type: str, raw: Any, value: Any) -> None:
    assert parse(Setting("one", type), raw) == value


@pytest.mark.parametrize(
    ("type", "raw"),
    [
        ("string", 3),
        ("integer", "3"),
        ("integer", True),
        ("integer", 3.0),
        ("number", float("nan")),
        ("number", False),
        ("boolean", "true"),
        ("boolean", 1),
        ("duration", -1),
        ("duration", True),
        ("duration", "99999999d"),
        ("size", "9999999999999999999GiB"),
        ("integer", 2**63),
        ("size", "lots"),
        ("url", "example"),
        ("list", "a"),
        ("list", [1]),
        ("email", "vault"),
        ("email", "a@example.org, b@example.org"),
        ("email", "a@example.org\r\nBcc: b@example.org"),
        ("email", "a\x00@example.org"),
        ("time_zone", "Mars/X"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe"),
        ("time_zone", ""),
        ("time", "25:99"),
        ("time", "09:00+02:00"),
        ("dates", ["2026-99-99"]),
        ("dates", "2026-12-25"),
        ("string", {"secret": "env:X"}),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(type: str, raw: Any) -> None:
    with pytest.raises(SettingError, match=r"^colour must be .* not .*\.$"):
        parse(Setting("colour", type), raw)


def test_a_value_outside_the_choices_is_told_the_choices() -> None:
    setting = Setting.declare("level", "string", "low", choices=("low", "high"))
    with pytest.raises(SettingError, match="one of low, high, not 'huge'"):
        parse(setting, "huge")


def test_a_driver_is_one_that_is_installed() -> None:
    setting = Setting.declare("way", "string", "file", driver="mail")
    assert parse(setting, "smtp") == "smtp"
    with pytest.raises(SettingError, match="one of file, smtp, not 'pigeon'"):
        parse(setting, "pigeon")
    with pytest.raises(SettingError, match="has the type string"):
        check_declaration(Setting("way", "list", driver="mail"))


def test_limits_are_read_and_told_in_human_form() -> None:
    setting = Setting.declare("upload", "size", "1MiB", minimum="1KiB", maximum="2MiB")
    assert (setting.default, setting.minimum, setting.maximum) == (2**20, 2**10, 2**21)
    with pytest.raises(SettingError, match="at least 1KiB"):
        parse(setting, 1023)
    with pytest.raises(SettingError, match="at most 2MiB"):
        parse(setting, "3MiB")


def test_a_default_must_fit_its_own_limits() -> None:
    with pytest.raises(SettingError, match="at most 3"):
        Setting.declare("tries", "integer", 4, maximum=3)


def test_a_secret_is_never_printed() -> None:
    setting = Setting("key", "string", secret=True)
    secret = parse(setting, "hunter2")
    for shown in (display(setting, secret), str(secret), f"{secret}", repr([secret])):
        assert "hunter2" not in shown
        assert "********" in shown
    assert resolve_secret(secret) == "hunter2"


def test_a_password_in_an_address_is_masked() -> None:
    setting = Setting("url", "string", choices=("sqlite",))
    text = "postgresql://me:hunt@er2@db/x"
    assert display(setting, text) == "postgresql://me:********@db/x"
    with pytest.raises(SettingError) as error:
        parse(setting, text)
    assert "er2" not in str(error.value)


def test_a_secret_is_read_from_the_environment_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SAMPLE_KEY", raising=False)
    secret = parse(Setting("key", "string", secret=True), {"secret": "env:SAMPLE_KEY"})
    with pytest.raises(SettingError, match="SAMPLE_KEY is not set"):
        resolve_secret(secret)
    monkeypatch.setenv("SAMPLE_KEY", "late")
    assert resolve_secret(secret) == "late"
    assert resolve_secret({"secret": "env:SAMPLE_KEY"}) == "late"
    assert resolve_secret("env:SAMPLE_KEY") == "late"


def test_a_secret_is_read_from_a_file_without_its_last_line_end(tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text("from file\n")
    assert resolve_secret(f"file:{file}") == "from file"
    file.write_text("\n")
    with pytest.raises(SettingError, match="is empty"):
        resolve_secret(f"file:{file}")
    with pytest.raises(SettingError, match="cannot be read"):
        resolve_secret(f"file:{file}.gone")


@pytest.mark.parametrize(
    "raw", [3, {"secret": "vault:x"}, {"secret": 3}, {"secrets": "env:X"}, {}]
)
def test_a_secret_written_otherwise_is_told_how(raw: Any) -> None:
    with pytest.raises(SettingError, match=r"key is secret: write .* \"env:NAME\""):
        parse(Setting("key", "string", secret=True), raw)


def test_a_secret_tells_whether_it_is_there_without_being_read() -> None:
    assert not Secret()
    assert Secret(reference="env:SURELY_NOT_SET")
