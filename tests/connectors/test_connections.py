"""What is kept of connections: for nobody else to read, by one at a time, whole or not at all."""

import json
import multiprocessing
import stat
from pathlib import Path
from typing import Any, ClassVar

import keyring
import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from img2music.connectors.connections import (
    MOST,
    Connection,
    Kept,
    connection,
    connections,
    connections_file,
    find_secret,
    forget,
    keep,
    secret_of,
)
from img2music.connectors.http import Session, _complaint
from img2music.errors import InputError, SourceError, UsageError

HOME = Connection(name="home", kind="subsonic", url="http://127.0.0.1:4533", user="alice", settings={"login": "token"})
SECRET = "pass/word+ü"


class Ring(KeyringBackend):
    """A keyring of a system."""

    priority: ClassVar[float] = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    found = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: found)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(found, name))
    return found


def test_without_a_keyring_a_file_that_only_its_owner_reads(config: Path) -> None:
    keep(HOME, SECRET)
    assert connection("home") == HOME
    assert find_secret("home") == (SECRET, Kept.FILE)
    for file in config.rglob("*"):
        if file.is_file() and file.stat().st_size:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keep(HOME, None)
    assert find_secret("home") == (None, Kept.NOWHERE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_of_secrets_that_others_could_read_or_change_is_closed_and_told_once(
    mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    keep(HOME, SECRET)
    file = connections_file()
    file.chmod(mode)
    assert find_secret("home") == (SECRET, Kept.FILE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert connections() == [HOME]
    (told,) = caplog.messages
    assert (
        told == f"{file} holds passwords, and others could read or change it; now only you can. Change the passwords."
    )


def test_a_file_without_secrets_may_be_read(ring: Ring, caplog: pytest.LogCaptureFixture) -> None:
    keep(HOME, SECRET)
    connections_file().chmod(0o644)
    assert find_secret("home") == (SECRET, Kept.KEYRING)
    assert stat.S_IMODE(connections_file().stat().st_mode) == 0o644
    assert caplog.messages == []


def test_in_a_keyring_nothing_is_in_the_file(ring: Ring) -> None:
    keep(HOME, SECRET)
    assert find_secret("home") == (SECRET, Kept.KEYRING)
    assert "secret" not in json.loads(connections_file().read_text())["home"]
    keep(HOME, None)
    assert secret_of("home") is None
    keep(HOME, SECRET)
    forget("home")
    assert ring.kept == {}
    assert connections() == []


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(Connection(name="my-home", kind="subsonic", url="http://127.0.0.1"), SECRET)
    monkeypatch.setenv("IMG2MUSIC_MY_HOME_SECRET", "other")
    assert find_secret("my-home") == ("other", Kept.ENVIRONMENT)


@pytest.mark.parametrize("name", ["", "Home", "a b", "../x", "9", "a" * 33, "a\n"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        keep(Connection(name=name, kind="subsonic", url="http://127.0.0.1"), SECRET)


@pytest.mark.parametrize("secret", ["", "two\nlines", "\x1b[31m"])
def test_secrets_are_one_line(secret: str) -> None:
    with pytest.raises(UsageError, match="one line") as caught:
        keep(HOME, secret)
    assert not secret or secret not in str(caught.value)


def test_there_are_not_too_many() -> None:
    for number in range(MOST):
        keep(Connection(name=f"c{number}", kind="mpd", url="mpd://127.0.0.1"), None)
    with pytest.raises(UsageError, match="remove one first"):
        keep(HOME, SECRET)
    keep(Connection(name="c1", kind="mpd", url="mpd://127.0.0.2"), None)
    assert len(connections()) == MOST


def test_what_is_not_there() -> None:
    with pytest.raises(UsageError, match="There is no connection home; there is none yet"):
        forget("home")
    keep(HOME, None)
    with pytest.raises(UsageError, match="There is no connection other; there is home"):
        connection("other")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"home": 1}',
        '{"home": {}}',
        '{"home": {"kind": 1, "url": "x"}}',
        "[" * 100_000,
        '"' + "a" * (2 << 20),
    ],
    ids=lambda each: each[:20],
)
def test_a_damaged_file_is_one_line(content: str) -> None:
    connections_file().parent.mkdir(parents=True, exist_ok=True)
    connections_file().write_text(content)
    with pytest.raises(InputError) as caught:
        connections()
    assert str(caught.value).isprintable()
    assert connections_file().read_text() == content


def _keep(number: int) -> None:
    keep(Connection(name=f"c{number}", kind="mpd", url="mpd://127.0.0.1"), f"secret {number}")


def test_several_at_once_lose_nothing() -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(_keep, range(20))
    assert len(connections()) == 20
    assert secret_of("c7") == "secret 7"


@pytest.mark.parametrize("fault", [KeyringLocked, OSError, RuntimeError, ModuleNotFoundError, TypeError])
def test_a_keyring_that_fails_is_done_without(
    ring: Ring, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def fail(*_: Any) -> None:
        raise fault("broken")

    for name in ("get_password", "set_password"):
        monkeypatch.setattr(keyring, name, fail)
    keep(HOME, SECRET)
    assert find_secret("home") == (SECRET, Kept.FILE)
    forget("home")


def test_a_keyring_that_is_named_and_not_there_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Backend")
    keep(HOME, SECRET)
    assert find_secret("home") == (SECRET, Kept.FILE)
    forget("home")


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "zz", "url": "http://127.0.0.1:1"},
        {"kind": "subsonic", "url": "file:///etc/passwd"},
        {"kind": "subsonic", "url": "127.0.0.1"},
        {"kind": "subsonic", "url": "http://a\nb"},
    ],
)
@pytest.mark.parametrize("name", ["home", "../x"])
def test_what_somebody_wrote_into_the_file_is_told_in_one_line(entry: dict[str, str], name: str) -> None:
    file = connections_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({name: entry}))
    with pytest.raises(InputError, match="is no connection; correct it"):
        connections()


@pytest.mark.parametrize("url", ["http://xn--:1", "http://\u24dbocalhost:1/"])
def test_an_address_that_is_none_is_told_in_one_line(url: str) -> None:
    with pytest.raises(SourceError, match="its address can't be used"):
        Session("home", pinned=url)


def test_no_part_of_a_secret_is_left_where_a_message_is_cut() -> None:
    for length in range(150, 200):
        message = {"error": {"message": "x" * length + "topsecret!" * 3}}
        assert "top" not in _complaint(message, {"topsecret!" * 3})
