import stat

import pytest

from archivolt_host.tenants.home import Home, HomeError


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "deep" / "home").prepare()


def test_the_home_is_named_by_the_environment_or_var(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHIVOLT_HOME", raising=False)
    assert Home().path == tmp_path / "var"
    monkeypatch.setenv("ARCHIVOLT_HOME", str(tmp_path / "elsewhere"))
    assert Home().path == tmp_path / "elsewhere"


def test_preparing_makes_every_folder_private(home):
    for folder in (home.path, home.tenants, home.blobs, home.mail, home.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert home.format() == 1


def test_the_secret_is_made_once_and_is_private(home):
    secret = home.secret()
    assert len(secret) >= 32
    assert stat.S_IMODE(home.secret_file.stat().st_mode) == 0o600
    assert Home(home.path).prepare().secret() == secret
    assert [path.name for path in home.path.glob(".*")] == []


def test_a_damaged_secret_is_not_replaced(home):
    home.secret_file.write_bytes(b"short")
    with pytest.raises(HomeError, match="is damaged: it holds 5 bytes"):
        home.prepare()
    assert home.secret_file.read_bytes() == b"short"


def test_a_damaged_version_is_a_sentence(home):
    home.version_file.write_text("one")
    with pytest.raises(HomeError, match="should hold a number and holds 'one'"):
        home.prepare()


def test_the_lock_ends_with_its_holder(home):
    with home.lock(), pytest.raises(HomeError, match="already runs on this home"):
        home.lock()
    home.lock().release()
    assert home.holder() is None
