"""Connecting: what a server is found to be, what is sent to it, what is kept and shown."""

import base64
import io
import itertools
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus

import pytest

from img2music import remote
from img2music.app.connections import address, connect, find_kind, forget, listed
from img2music.connectors.connections import Kept, connection, connections_file, secret_of
from img2music.errors import SourceError, UsageError
from tests.e2e.command import environment
from tests.support.commands import call, refused
from tests.support.music_servers import SubsonicServer, entry, failed, make_music, supysonic
from tests.support.servers import Answer, Asked, Gigantic, Reset, Server, Truncated

pytestmark = pytest.mark.slow

FILE = b"no sound" * 1000


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setattr(remote, "_filesystems", {})
    return tmp_path


@pytest.fixture
def pretend() -> Iterator[SubsonicServer]:
    songs = [entry(number, size=len(FILE)) for number in range(3)]
    with SubsonicServer(songs, {song["id"]: FILE for song in songs}) as running:
        yield running


PUBLIC = {
    "subsonic": ("/rest/ping", failed(10, "Required parameter is missing.").value),
    "jellyfin": ("/System/Info/Public", {"ProductName": "Jellyfin Server", "Version": "10.10.7", "Id": "1"}),
    "plex": ("/identity", {"MediaContainer": {"size": 0, "machineIdentifier": "99", "version": "1.41"}}),
    "immich": ("/api/server/ping", {"res": "pong"}),
    "photoprism": ("/api/v1/status", {"status": "operational"}),
}
"""What each tells anybody, by its documentation."""


@pytest.mark.parametrize("kind", PUBLIC)
@pytest.mark.parametrize("otherwise", [Answer({}, 404), Answer(raw=b"<html>"), Answer([])], ids=["404", "html", "list"])
def test_what_a_server_is_it_tells(kind: str, otherwise: Answer) -> None:
    class Public(Server):
        def answer(self, asked: Asked) -> Answer:
            path, value = PUBLIC[kind]
            return Answer(value) if asked.path == f"/music{path}" else otherwise

    with Public() as running:
        assert find_kind(f"{running.url}/music/") == kind
        assert all(asked.body == "" for asked in running.asked)


def test_what_is_none_of_them_is_said() -> None:
    with Server() as running:
        assert "is none of OpenSubsonic, Jellyfin, Plex, MPD" in refused("connect", "home", running.url)
    assert find_kind("mpd://music.example:6600") == "mpd"
    with pytest.raises(UsageError, match="like mpd://host:6600"):
        find_kind("mpd://music.example:6600", "subsonic")
    with pytest.raises(UsageError, match="like mpd://host:6600"):
        find_kind("http://music.example:6600", "mpd")
    for ask in (lambda: find_kind(running.url), lambda: connect("home", running.url, "plex", secret="token")):
        with pytest.raises(SourceError, match="takes no connection") as caught:
            ask()
        assert running.url in str(caught.value)


def test_a_file_of_secrets_that_others_can_read_is_one_line(pretend: SubsonicServer) -> None:
    connect("home", pretend.url, user="alice", secret=pretend.PASSWORD)
    connections_file().chmod(0o666)
    code, _, told = call("connections")
    assert (code, told.count("\n"), "img2music: " in told) == (0, 1, True)
    assert call("connections")[2] == ""


@pytest.mark.parametrize(
    "fault",
    [Gigantic(), Reset(), Truncated([1] * 99), Answer(status=302, headers={"Location": "http://198.51.100.1/"})],
    ids=lambda fault: type(fault).__name__,
)
def test_a_hostile_server_is_one_line(fault: Answer) -> None:
    with Server() as running:
        running.answer = lambda _: fault  # type: ignore[method-assign]
        told = refused("connect", "home", running.url)
    assert told.startswith("img2music: ")
    assert told.count("\n") == 1
    assert listed().connections == []


def test_an_address_is_written_in_one_way() -> None:
    assert address(" HTTP://Music.Example:4533/a/ ") == "http://music.example:4533/a"
    assert address("https://[::1]:80") == "https://[::1]:80"
    assert address("mpd:///run/mpd/socket") == "mpd:///run/mpd/socket"


@pytest.mark.parametrize(
    "url",
    [
        *("", "music.example", "ftp://music.example", "http://", "http://a:b@c", "http://a@c", "http://c?key=x"),
        *(
            "mpd://",
            "mpd:///",
            "http:///a",
            "http://c#x",
            "http://c:99999",
            "http://[",
            "http://a b",
            "http://a\nb",
            "file:///etc/passwd",
        ),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="An address") as caught:
        address(url)
    assert "key=x" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://8.8.8.8", "http://[2001:4860:4860::8888]:4533", "mpd://8.8.8.8:6600"])
def test_no_password_goes_beyond_the_own_network_for_all_to_read(url: str) -> None:
    with pytest.raises(UsageError, match="give its https"):
        connect("home", url, "mpd" if url.startswith("mpd") else "subsonic", secret="hush")
    assert listed().connections == []


def test_a_connection_is_tested_kept_listed_and_forgotten(pretend: SubsonicServer) -> None:
    found = connect("home", f"{pretend.url}/", user="alice", secret=pretend.PASSWORD)
    assert (found.product, found.counts, found.notes) == ("pretend 1.2", {"songs": 3, "albums": 1, "playlists": 0}, [])
    (kept,) = listed().connections
    assert (kept.name, kept.kind, kept.url, kept.user, kept.secret) == (
        "home",
        "subsonic",
        pretend.url,
        "alice",
        Kept.FILE,
    )
    assert remote.exists("server://home")
    with pytest.raises(SourceError, match="Wrong username"):
        connect("home", pretend.url, user="alice", secret="wrong")
    assert secret_of("home") == pretend.PASSWORD
    connect("home", pretend.url, secret=pretend.KEY)
    assert connection("home").user is None
    remote.state(f"server://home/{pretend.songs[0]['id']}.flac")
    assert "apiKey" in parse_qs(pretend.asked[-1].body)  # who was logged in before is no longer
    forget("home")
    assert listed().connections == []
    with pytest.raises(UsageError, match="no connection home"):
        remote.exists("server://home")


def test_what_the_environment_holds_is_not_kept(pretend: SubsonicServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG2MUSIC_HOME_SECRET", pretend.PASSWORD)
    assert connect("home", pretend.url, user="alice").connection.secret == Kept.ENVIRONMENT
    assert "secret" not in json.loads(connections_file().read_text())["home"]


def test_a_server_with_keys_gets_no_password(pretend: SubsonicServer) -> None:
    pretend.tokens = False
    with pytest.raises(SourceError, match="takes no password of this user: give a key"):
        connect("home", pretend.url, user="alice", secret=pretend.PASSWORD)
    assert not any("p" in parse_qs(asked.body) or "p" in asked.query for asked in pretend.asked)
    pretend.extensions = None
    assert connect("home", pretend.url, user="alice", secret=pretend.PASSWORD).notes == []  # it stays on this machine
    assert connection("home").settings == {"login": "password"}


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real server, which knows no tokens and no keys."""
    with supysonic(make_music(tmp_path / "music", 4), tmp_path / "supysonic") as real:

        def given(text: str) -> None:
            monkeypatch.setattr("sys.stdin", io.StringIO(text))

        given(f"{real.password}\n")
        code, out, err = call("connect", "home", real.url, "--user", real.user)
        assert (code, err) == (0, "")
        found = json.loads(out)
        assert found["counts"] == {"songs": 4, "albums": 2, "playlists": 0}
        assert found["connection"]["secret"] == "file"
        given("wrong\n")
        assert "401: Wrong username or password." in refused("connect", "home", real.url, "--user", real.user)
        given("some-key-of-mine\n")
        assert "it takes no keys: give the --user" in refused("connect", "home", real.url)
        given("")
        assert "needs the API key" in refused("connect", "home", real.url)
        assert "needs the password" in refused("connect", "home", real.url, "--user", "alice")
        assert "small letters" in refused("connect", "Home", real.url)
        assert json.loads(call("connections")[1])["connections"] == [found["connection"]]
        code, out, _ = call("connections", "--format", "table")
        assert "in the file of connections" in out
        assert call("connections", "--forget", "home")[0] == 0
        assert "no connection home" in refused("connections", "--forget", "home")


def test_on_a_terminal_what_is_typed_is_not_shown(pretend: SubsonicServer, tmp_path: Path) -> None:
    near, far = pty.openpty()
    command = [sys.executable, "-m", "img2music", "connect", "home", pretend.url, "--format", "table"]
    with subprocess.Popen(
        command, stdin=far, stdout=far, stderr=far, env=environment(tmp_path, **homes()), close_fds=True
    ) as process:
        os.close(far)
        shown = b""
        for prompt, typed in ((b"API key): ", "alice"), (b"Password: ", pretend.PASSWORD)):
            shown += until(near, prompt)
            os.write(near, f"{typed}\n".encode())
        shown += until(near, b"")
        assert process.wait(60) == 0
    os.close(near)
    assert b"pretend 1.2" in shown
    assert pretend.PASSWORD.encode() not in shown
    assert secret_of("home") == pretend.PASSWORD


def until(near: int, end: bytes) -> bytes:
    """What a terminal shows until this; until it is closed for nothing."""
    shown = b""
    while not (end and shown.endswith(end)):
        try:
            part = os.read(near, 1 << 16)
        except OSError:  # closed
            return shown
        if not part:
            return shown
        shown += part
    return shown


def homes() -> dict[str, str]:
    return {name: os.environ[name] for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}


LOGGED = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from img2music.cli.app import main
main(sys.argv[1:])
"""
"""The command, with all that any library logs."""


def run(home: Path, *arguments: str, typed: str = "") -> list[bytes]:
    """Run it, and give what the list of processes and its output hold."""
    command = [sys.executable, "-c", LOGGED, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment(home, **homes()), cwd=home, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
    ) as process:
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        return [shown, process.communicate(typed.encode(), timeout=120)[0]]


def failing(pretend: SubsonicServer, secret: str) -> Callable[[Asked], Answer]:
    """What fails in every way, now and then, and tells whoever asks what it was asked."""
    answer, numbers = pretend.answer, itertools.count(1)

    def fail(asked: Asked) -> Answer:
        found = answer(asked)
        said = f"you asked {pretend.query} {asked.body} {asked.headers.get('Authorization')} {secret}"
        faults = {
            3: Answer(status=500, headers={"Retry-After": "0", "X-Echo": quote(said)}),
            5: Answer(status=302, headers={"Location": f"{pretend.url}/rest/ping?{pretend.query}{asked.body}"}),
            7: failed(0, said),
            8: Answer({"message": said}, 400),
            10: Truncated(raw=said.encode()),
            11: Answer(raw=said.encode(), status=403),
        }
        return faults.get(next(numbers) % 13, found)

    return fail


def all_forms(pretend: SubsonicServer, secret: str, user: str) -> set[bytes]:
    """What would let anybody in who reads it: also tokens with their salts."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), secret.encode().hex()}
    forms.add(base64.b64encode(f"{user}:{secret}".encode()).decode())
    for asked in pretend.asked:
        told = {**asked.query, **{name: found[0] for name, found in parse_qs(asked.body).items()}}
        forms |= {told[name] for name in ("t", "s", "p") if name in told}
    return {form.encode() for form in forms}


@pytest.mark.sqlite("of the real command")
@pytest.mark.parametrize("login", ["token", "password"])
def test_secrets_are_in_no_log_message_process_list_or_readable_file(
    pretend: SubsonicServer, tmp_path: Path, login: str
) -> None:
    secret, user = pretend.PASSWORD, "alice"
    pretend.tokens, pretend.extensions = login != "password", None if login == "password" else ["apiKeyAuthentication"]
    outputs = run(tmp_path, "connect", "home", pretend.url, "--user", user, typed=f"{secret}\n")
    assert secret_of("home") == secret
    pretend.answer = failing(pretend, secret)  # type: ignore[method-assign]
    for _ in range(2):
        outputs += run(tmp_path, "connect", "other", pretend.url, "--user", user, typed=f"{secret}\n")
    for _ in range(2):
        outputs += run(tmp_path, "scan", "server://home", "--jobs", "1", "--retry-failed")
    assert b"DEBUG:httpcore" in b"".join(outputs)
    assert b"you asked" in b"".join(outputs)

    forms = all_forms(pretend, secret, user)
    assert not [form for form in forms for output in outputs if form in output]
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file != connections_file()]
    assert not [(form, file) for file in files for form in forms if form in file.read_bytes()]
    assert connections_file().stat().st_mode & 0o077 == 0
