"""Keys and addresses: where they come from, and that no message holds a key."""

from pathlib import Path

import platformdirs
import pytest

from img2music.connectors.settings import address, require, setting, settings_file
from img2music.errors import UsageError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = settings_file()
    assert path.parent == platformdirs.user_config_path("img2music")
    path.parent.mkdir(parents=True)
    return path


def test_the_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert setting("musixmatch", "key") is None
    file.write_text('[musixmatch]\nkey = "filed"\n[lrclib]\nurl = "http://localhost:3300/"\n')
    assert setting("musixmatch", "key") == "filed"
    assert address("lrclib", "https://lrclib.net") == "http://localhost:3300"
    assert address("spotify", "https://api.spotify.com/v1") == "https://api.spotify.com/v1"
    monkeypatch.setenv("IMG2MUSIC_MUSIXMATCH_KEY", "set")
    assert require("musixmatch", "key") == ("set",)
    monkeypatch.setenv("IMG2MUSIC_MUSIXMATCH_KEY", "")
    assert require("musixmatch", "key") == ("filed",)


def test_what_is_lacking_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG2MUSIC_SPOTIFY_CLIENT_ID", "id")
    with pytest.raises(UsageError, match="set IMG2MUSIC_SPOTIFY_CLIENT_SECRET, or write it to") as caught:
        require("spotify", "client_id", "client_secret")
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b'[musixmatch]\nkey = "s3cret\nkey"',
        b'[musixmatch]\nkey = "s3cret key"',
        b'[musixmatch]\nkey = "s3cr\\u00e9t"',
        b'[musixmatch]\nkey = ["s3cret"]',
        b"[musixmatch]\nkey = s3cret",
        b"musixmatch = 's3cret'",
        b"\xff s3cret",
        b"# s3cret\n" * 10_000,
    ],
)
def test_a_bad_file_is_one_line_without_the_key(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        setting("musixmatch", "key")
    assert "s3cr" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_a_folder(file: Path) -> None:
    file.mkdir()
    with pytest.raises(UsageError, match="can't be read"):
        setting("musixmatch", "key")


@pytest.mark.parametrize("url", ["lrclib.net", "ftp://lrclib.net", "http://", "http://a:b", "https://[", "http://a:0"])
def test_addresses_are_of_the_web(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("IMG2MUSIC_LRCLIB_URL", url)
    with pytest.raises(UsageError, match=r"IMG2MUSIC_LRCLIB_URL\) must be like https://lrclib.net"):
        address("lrclib", "https://lrclib.net")
