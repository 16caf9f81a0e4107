"""Files of stores: their names, their copies on this machine, and what is said when something is wrong."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from img2music import locations, remote
from img2music.connectors.folders import FolderWalk, under
from img2music.errors import UsageError
from img2music.media.audio import is_sound_alone
from tests.support.films import Still, make_film
from tests.support.sounds import chords, encode
from tests.support.stores import BUCKET, S3Server, Wire, http_server, sftp_server

pytestmark = pytest.mark.slow

TUNE = chords([(60, 64, 67)], 0.3)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("s3://music/a b/", "s3://music/a b"),
        ("S3://Music", "s3://Music"),
        ("HTTP://Example.org/My Music/%C3%A9/", "http://example.org/My%20Music/%C3%A9"),
        ("sftp://me@nas:2222/x/../music//", "sftp://me@nas:2222/music"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("file:///srv/my%20music/", "/srv/my music"),
        ("/srv/s3:/x/../y", "/srv/s3:/y"),
    ],
)
def test_a_folder_has_one_name(given: str, kept: str) -> None:
    assert locations.absolute(given) == kept
    assert locations.absolute(kept) == kept
    assert under(f"{kept}/x.mp3", [kept])
    assert not under(f"{kept}x.mp3", [kept])


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:hush-hush@music/x",
        "sftp://me:hush-hush@nas/music",
        "https://me:hush-hush@example.org/music",
        "https://hush-hush@example.org/music",
        "https://example.org/music?key=hush-hush",
        "https://example.org/music#hush-hush",
        "gopher://example.org/hush-hush",
        "s3:///hush-hush",
        "s3://AKIA:hush/hush@music/x",
        "sftp://me:hush/hush@nas/music",
    ],
)
def test_what_may_hold_a_password_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        locations.absolute(url)
    assert "hush" not in str(refused.value)


def test_a_file_is_fetched_once_for_all_and_gone_afterwards(
    s3_server: S3Server, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(100_000)
    s3_server.client.put_object(Bucket=BUCKET, Key="one/a.bin", Body=content)
    url = f"s3://{BUCKET}/one/a.bin"
    state = locations.state(url)
    with locations.local(url) as first, locations.local(url, state) as second:
        assert first == second
        locations.discard(url, state)
        assert Path(first).read_bytes() == content
    assert not Path(first).exists()
    assert not locations.copy(url, state).exists()
    wire.bytes = 0
    for _ in range(3):
        with locations.local(url, state):
            pass
    assert len(content) < wire.bytes < 1.05 * len(content)
    # Where there are too many, what was wanted longest ago goes, unless it is in use.
    monkeypatch.setattr(locations, "MOST_KEPT", 150_000)
    s3_server.client.put_object(Bucket=BUCKET, Key="one/b.bin", Body=content)
    with locations.local(url) as held, locations.local(f"s3://{BUCKET}/one/b.bin"):
        assert not locations.copy(url, state).exists()
        assert Path(held).read_bytes() == content
    kept = [each for each in (tmp_path / "cache").rglob("*") if each.is_file() and each.suffix == ".bin"]
    assert [each.read_bytes() for each in kept] == [content]


HOLD = """
import sys
from img2music import locations
with locations.local("http://127.0.0.1:9/a.bin", (7, 1)) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_held_goes_and_what_another_holds_stays() -> None:
    whole = locations.copy("http://127.0.0.1:9/a.bin", (7, 1))
    other = locations.copy("http://127.0.0.1:9/b.bin", (7, 1))
    for file in (whole, other):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"content")
    pipe = subprocess.PIPE
    with (
        subprocess.Popen([sys.executable, "-c", HOLD], stdin=pipe, stdout=pipe, text=True) as killed,
        subprocess.Popen(
            [sys.executable, "-c", HOLD.replace("a.bin", "b.bin")], stdin=pipe, stdout=pipe, text=True
        ) as alive,
    ):
        assert killed.stdout is not None
        assert alive.stdout is not None
        left, held = (Path(each.stdout.readline().strip()) for each in (killed, alive))  # type: ignore[union-attr]
        killed.kill()
        killed.wait()
        whole.unlink()
        other.unlink()
        assert left.exists()
        locations._remove_strays.cache_clear()
        whole.write_bytes(b"content")
        with locations.local("http://127.0.0.1:9/a.bin", (7, 1)):
            assert not left.exists()
            assert held.read_bytes() == b"content"
        alive.communicate("")
        assert alive.returncode == 0
        assert list(held.parent.iterdir()) == []


def test_a_file_that_changes_is_not_taken(s3_server: S3Server, wire: Wire) -> None:
    key, url = "changing/a.wav", f"s3://{BUCKET}/changing/a.wav"
    s3_server.client.put_object(Bucket=BUCKET, Key=key, Body=b"before")
    before = locations.state(url)
    s3_server.client.put_object(Bucket=BUCKET, Key=key, Body=b"behind")  # of the same size, in the same second
    assert locations.state(url) != before
    with pytest.raises(remote.RemoteError, match="changed while it was read"), locations.local(url, before):
        pass
    s3_server.client.put_object(Bucket=BUCKET, Key=key, Body=b"longer than before")
    with pytest.raises(remote.RemoteError, match="cut short, or has changed"), locations.local(url, before):
        pass


def test_each_fault_is_one_line_without_secrets(
    s3_server: S3Server, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "READ_SECONDS", 0.2)
    s3_server.client.put_object(Bucket=BUCKET, Key="faults/a.bin", Body=os.urandom(200_000))
    url = f"s3://{BUCKET}/faults/a.bin"
    state = locations.state(url)

    def fault(url: str = url) -> str:
        monkeypatch.setattr(remote, "_filesystems", {})
        with pytest.raises(remote.RemoteError) as raised, locations.local(url):
            pass
        assert not any(each in str(raised.value) for each in ("hush-hush", "\n", "127.0.0.1:9"))
        assert locations.exists(url) or "no such" in raised.value.why
        return raised.value.why

    assert "no such file, folder or bucket" in fault(f"s3://{BUCKET}/faults/b.bin")
    assert "no such file, folder or bucket" in fault("s3://no-such-bucket/a.bin")
    wire.most = 30_000  # it is called again five times, and goes on where it was
    with pytest.raises(remote.RemoteError, match="connection was cut"), locations.local(url, state):
        pass
    wire.most, wire.silent = None, True
    assert "not answer in time" in fault()
    assert not locations.reached(f"s3://{BUCKET}/faults")
    wire.silent = False
    assert locations.reached(f"s3://{BUCKET}/faults")
    assert not locations.reached("s3://no-such-bucket")
    wire.close()
    assert "can't be reached" in fault()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "no credentials" in fault()
    for scheme in ("http", "sftp"):
        assert "can't be reached" in fault(f"{scheme}://127.0.0.1:{wire.port}/a.bin")


def test_a_list_that_is_cut_short_is_a_fault(s3_server: S3Server, wire: Wire) -> None:
    for number in range(3):
        s3_server.client.put_object(Bucket=BUCKET, Key=f"cut/{number}.wav", Body=b"x")
    walk = FolderWalk([f"s3://{BUCKET}/cut"])
    assert len(list(walk)) == 3
    assert not walk.unreadable
    wire.most = 600  # in the middle of it
    remote._filesystems.clear()
    assert list(walk) == []
    assert [path for path, _ in walk.unreadable] == [f"s3://{BUCKET}/cut"]


def test_a_film_is_told_from_a_song_by_a_few_of_its_bytes(s3_server: S3Server, wire: Wire, tmp_path: Path) -> None:
    make_film(tmp_path / "film.mp4", [Still(np.full((90, 160, 3), 90, np.uint8), 0.5)])
    encode(tmp_path / "song.mp4", chords([(60, 64, 67)] * 40), "m4a", 44_100)
    s3_server.put(tmp_path, "films")
    assert not is_sound_alone(f"s3://{BUCKET}/films/film.mp4")
    wire.bytes = 0
    assert is_sound_alone(f"s3://{BUCKET}/films/song.mp4")
    assert wire.bytes < (tmp_path / "song.mp4").stat().st_size * 0.7
    wire.close()
    with pytest.raises(remote.RemoteError):
        is_sound_alone(f"s3://{BUCKET}/films/song.mp4")


@pytest.mark.parametrize("scheme", ["s3", "http", "sftp"])
def test_a_folder_of_a_store_holds_what_it_holds_on_the_disk(
    scheme: str, s3_server: S3Server, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "music"
    for name in ("a.wav", "B & C/d #1.wav", "B & C/é%20.wav", ".hidden/e.wav", "@eaDir/f.wav", "x/.g.wav", "h.txt"):
        (music / name).parent.mkdir(parents=True, exist_ok=True)
        encode(music / name, TUNE, "wav", 16_000, title=name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    with http_server(tmp_path) as http, sftp_server(tmp_path / "home") as sftp:
        root = {
            "s3": lambda: s3_server.put(music, "tree"),
            "http": lambda: f"http://127.0.0.1:{http}/music",
            "sftp": lambda: f"sftp://127.0.0.1:{sftp}{music}",
        }[scheme]()
        walk = FolderWalk([root])
        found = {file.path[len(root) :]: file for file in walk}
        assert not walk.unreadable
        expected = {file.path[len(str(music)) :]: file for file in FolderWalk([str(music)])}
        if scheme == "http":
            found = {unquote(name): found[name] for name in found}
        assert found.keys() == expected.keys()
        for name, file in found.items():
            assert file.size == expected[name].size
            assert locations.state(file.path) == (file.size, file.mtime_ns)
            with locations.local(file.path, (file.size, file.mtime_ns)) as copy:
                digest = hashlib.sha256(Path(copy).read_bytes()).digest()
            assert digest == hashlib.sha256(Path(expected[name].path).read_bytes()).digest()
            assert locations.exists(file.path)
        assert not locations.exists(f"{root}/gone.wav")
