"""Moods in the files' own tags, through the real command, on real files."""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import mutagen
import numpy as np
import pytest

from img2music.connectors.folders import FileState
from img2music.connectors.writable_tags import load_tags
from img2music.library.store import LibraryStore
from img2music.library.workers import content_hash
from img2music.media.packets import same_sound
from img2music.music.audio.analyzer import ANALYZER
from img2music.track import Tags
from tests.e2e.command import ROOT, Outcome, environment, img2music, words
from tests.support.navidrome import selected
from tests.support.songs import make_record, make_song
from tests.support.sounds import FORMATS, encode, tone

pytestmark = pytest.mark.slow

SHAPE = json.loads((ROOT / "docs/schemas/tag.json").read_text(encoding="utf-8"))
KINDS = ("mp3", "flac", "wav", "aiff", "m4a", "ogg", "opus", "wma", "wv", "tta")
MUSIC = "music"


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    stereo = np.repeat(tone(440, 2, 48_000), 2, axis=0)
    for kind in FORMATS:
        encode(folder / f"song.{kind}", stereo, kind, 48_000, title="A song")
    return folder


@pytest.fixture
def home(tmp_path: Path, originals: Path) -> Path:
    """A user whose music folder holds a song of each kind, two years old."""
    (tmp_path / MUSIC).mkdir()
    for kind in KINDS:
        song = tmp_path / MUSIC / f"song.{kind}"
        shutil.copy(originals / song.name, song)
        os.utime(song, (1.6e9, 1.6e9))
    return tmp_path


def state(path: Path) -> FileState:
    status = path.stat()
    return FileState(os.fspath(path), status.st_size, status.st_mtime_ns)


def keep(home: Path, *paths: Path, artist: str = "Somebody") -> None:
    """Put files into the library as a scan would, without listening to them."""
    with LibraryStore.open(home / "library.db", create=True) as store, store.writing() as transaction:
        for path in paths:
            record = make_record(
                os.fspath(path), tags=Tags(artist=artist), content=content_hash(state(path)), analyzer=ANALYZER
            )
            transaction.put([dataclasses.replace(record, file=state(path))])


def tag(home: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> Outcome:
    outcome = img2music("tag", "--library", home / "library.db", *arguments, home=home).sound(*codes)
    if outcome.out.startswith("{"):
        jsonschema.validate(outcome.json, SHAPE)
    return outcome


def scanned(home: Path) -> str:
    return img2music("scan", home / MUSIC, "--library", home / "library.db", home=home).sound(0).err


def songs(home: Path) -> list[Path]:
    return sorted((home / MUSIC).glob("song.*"))


def mood(path: Path) -> str | None:
    tags = mutagen.File(path).tags or {}
    value = next(
        (tags[name] for name in ("TMOO", "mood", "----:com.apple.iTunes:MOOD", "WM/Mood") if name in tags), None
    )
    value = getattr(value, "text", value)
    value = value[0] if value else None
    return value.decode() if isinstance(value, bytes) else None if value is None else str(value)


def test_written_listed_known_to_the_next_scan_and_removed(home: Path, originals: Path) -> None:
    keep(home, *songs(home))
    before = {song: song.read_bytes() for song in songs(home)}

    dry = tag(home, "--all", "--dry-run").json
    assert (dry["dry_run"], dry["changed"], len(dry["items"])) == (True, len(KINDS), len(KINDS))
    assert {song: song.read_bytes() for song in songs(home)} == before
    wide = img2music(
        *("tag", "--library", home / "library.db", "--all", "--dry-run", "--format", "table"), home=home, COLUMNS="400"
    )
    assert all(song.name in wide.sound(0).out for song in songs(home))

    done = tag(home, "--all").json
    assert {**done, "dry_run": True} == dry
    words = {
        item["path"]: value["after"] for item in done["items"] for value in item["fields"] if value["fact"] == "mood"
    }
    for song in songs(home):
        assert [mood(song)] == words[str(song)]
        assert same_sound(originals / song.name, song)
        assert song.stat().st_mtime > 1.7e9
    assert "0 analysed, 10 unchanged" in scanned(home)
    img2music("library", "verify", "--content", "--library", home / "library.db", home=home).sound(0)

    times = {song: song.stat().st_mtime_ns for song in songs(home)}
    assert tag(home, "--all").json["changed"] == 0
    assert {song: song.stat().st_mtime_ns for song in songs(home)} == times

    assert tag(home, "--all", "--remove").json["changed"] == len(KINDS)
    for song in songs(home):
        assert mood(song) is None
        assert dict(mutagen.File(song).tags or {}) == dict(mutagen.File(originals / song.name).tags or {})
        assert same_sound(originals / song.name, song)
    assert "0 analysed, 10 unchanged" in scanned(home)
    assert sorted(path.name for path in (home / MUSIC).iterdir()) == [song.name for song in songs(home)]


def test_a_smart_playlist_goes_by_what_is_written(home: Path) -> None:
    keep(home, *songs(home))
    rules = home / "calm.nsp"
    asked = ("recommend", "--library", home / "library.db", "--valence", "0.4", "--arousal", "0.4", "--top", "4")
    first = img2music(*asked, "--output", rules, home=home).sound(0)
    assert "4 of 4 songs lack the tags that are looked for" in first.err
    assert 'Tags.img2music_arousal.Aliases = ["img2music_arousal"]' in first.err

    tag(home, "--all")
    again = img2music(*asked, "--output", rules, "--force", home=home).sound(0)
    assert "lack" not in again.err
    tags = [load_tags(os.fspath(song)) for song in songs(home)]
    facts = {"img2music_valence": "valence", "img2music_arousal": "arousal", "mood": "mood"}
    written = [{name: str(each.read(each.fields[fact][0])[0]) for name, fact in facts.items()} for each in tags]
    assert 0 < len(selected(written, rules.read_bytes())) <= 4
    (home / "mine.nsp").write_text('{"all": []}')
    refused = img2music(*asked, "--output", home / "mine.nsp", "--force", home=home).sound(2)
    assert "is not a smart playlist by img2music" in refused.err


def test_times_are_kept_and_permissions_too(home: Path) -> None:
    keep(home, *songs(home))
    for song in songs(home):
        song.chmod(0o640)
    assert tag(home, "--all", "--keep-times").json["changed"] == len(KINDS)
    for song in songs(home):
        assert song.stat().st_mtime == 1.6e9
        assert song.stat().st_mode & 0o777 == 0o640
    assert "0 analysed, 10 unchanged" in scanned(home)


def test_only_what_is_asked_for(home: Path) -> None:
    first, *others = songs(home)
    keep(home, first, artist="Miles")
    keep(home, *others, artist="Nina")
    for wrong in ((), ("--all", "--artist", "Miles"), ("--all", "--remove", "--overwrite"), ("--tempo", "fast")):
        assert len(tag(home, *wrong, codes=(2,)).err.splitlines()) == 1
    assert [item["path"] for item in tag(home, "--artist", "miles").json["items"]] == [str(first)]
    assert [song for song in songs(home) if mood(song)] == [first]
    assert tag(home, "--artist", "nobody").json["items"] == []


def test_what_is_wrong_is_told_and_the_rest_is_done(home: Path, originals: Path) -> None:
    music = home / MUSIC
    gone, changed, read_only, silent, tagless = (music / name for name in ("a.mp3", "b.mp3", "c.mp3", "d.mp3", "e.aac"))
    for song in (gone, changed, read_only, silent):
        shutil.copy(originals / "song.mp3", song)
    shutil.copy(originals / "song.aac", tagless)
    tags = mutagen.File(silent).tags
    silent.write_bytes(b"")
    tags.save(silent)
    silent.write_bytes(silent.read_bytes() + b"\xff\xfb\x90\x64" + bytes(50))
    locked = music / "locked" / "song.flac"
    locked.parent.mkdir()
    shutil.copy(originals / "song.flac", locked)
    keep(home, gone, changed, read_only, silent, tagless, locked, *songs(home))
    with LibraryStore.open(home / "library.db") as store, store.writing() as transaction:
        transaction.put([make_record("/elsewhere/song.mp3", missing=True)])
        transaction.put_songs([make_song()])
    gone.unlink()
    changed.write_bytes(changed.read_bytes() + b"\0")
    read_only.chmod(0o444)
    locked.parent.chmod(0o555)
    before = {path: path.read_bytes() for path in (changed, read_only, silent, tagless, locked)}

    for arguments in (["--all", "--dry-run"], ["--all"]):
        outcome = tag(home, *arguments, codes=(1,))
        report = outcome.json
        assert report["changed"] == len(KINDS)
        assert (report["missing"], report["without_file"]) == (1, 1)
        told = {
            gone: "not there any more",
            changed: "changed since it was scanned",
            read_only: "is read-only",
            locked: "its folder is read-only",
            tagless: "this kind of file",
        }
        if arguments == ["--all"]:
            told[silent] = ""
        for path, reason in told.items():
            assert reason in outcome.errors[str(path)]
        assert set(outcome.errors) <= {str(path) for path in [*told, silent]}
        assert len(outcome.err.splitlines()) == len(outcome.errors) + 1
        assert {path: path.read_bytes() for path in before} == before
    assert all(mood(song) for song in songs(home))
    locked.parent.chmod(0o755)


def test_nothing_could_be_done(home: Path) -> None:
    song = songs(home)[0]
    keep(home, song)
    song.unlink()
    assert tag(home, "--all", codes=(2,)).json["items"] == []


def test_no_room(home: Path) -> None:
    """A file that can't be written whole is left as it was; smaller ones are done."""
    large, small = home / MUSIC / "song.wav", home / MUSIC / "song.mp3"
    keep(home, large, small)
    before = large.read_bytes()
    room = len(before) - 10_000  # bytes a file
    process = subprocess.run(
        words("tag", "--all", "--library", home / "library.db"),
        env=environment(home),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1, process.stderr
    (error,) = json.loads(process.stdout)["errors"]
    assert error["path"] == str(large)
    assert "can't be written" in error["error"]
    assert large.read_bytes() == before
    assert mood(small)
    assert sorted(path.name for path in (home / MUSIC).iterdir()) == [song.name for song in songs(home)]


def test_links(home: Path, originals: Path) -> None:
    """A link stays one, its file is written once, and all its names are known to the next scan; hard links part."""
    music, store = home / MUSIC, home / "store"
    store.mkdir()
    for song in songs(home):
        song.unlink()
    real, other = store / "real.flac", music / "other.mp3"
    shutil.copy(originals / "song.flac", real)
    shutil.copy(originals / "song.mp3", other)
    (music / "link.flac").symlink_to(real)
    (music / "second.flac").symlink_to(Path("link.flac"))
    hard = home / "hard.mp3"
    hard.hardlink_to(other)
    keep(home, music / "link.flac", music / "second.flac", other)
    report = tag(home, "--all").json
    assert (report["changed"], report["linked"]) == (2, 1)
    assert (music / "link.flac").is_symlink()
    assert (music / "second.flac").is_symlink()
    assert mood(real)
    assert mood(other)
    assert mood(hard) is None
    assert "0 analysed, 3 unchanged" in scanned(home)
    again = tag(home, "--all").json
    assert (again["changed"], again["linked"]) == (0, 1)


def test_what_others_wrote(home: Path) -> None:
    song = home / MUSIC / "song.flac"
    tags = mutagen.File(song)
    tags["mood"] = ["Party"]
    tags.save()
    keep(home, song)
    outcome = tag(home, "--all")
    assert mood(song) == "Party"
    assert "--overwrite" in outcome.err
    assert [field["fact"] for field in outcome.json["items"][0]["fields"] if field["kept"]] == ["mood"]
    assert "Party (kept)" in tag(home, "--all", "--dry-run", "--format", "table").out
    tag(home, "--all", "--overwrite")
    assert mood(song) != "Party"
    tag(home, "--all", "--remove")
    assert mood(song) == "Party"


def test_odd_names(home: Path, originals: Path) -> None:
    for song in songs(home):
        song.unlink()
    odd = [
        home / MUSIC / os.fsdecode(name)
        for name in (b"\xff\n.mp3", "Ünï →.flac".encode(), b"-a|b.ogg", b"a" * 251 + b".wv")
    ]
    for path in odd:
        shutil.copy(originals / f"song{path.suffix}", path)
    keep(home, *odd)
    assert {item["path"] for item in tag(home, "--all").json["items"]} == {str(path) for path in odd}
    assert all(mood(path) for path in odd)
    assert "0 analysed, 4 unchanged" in scanned(home)


@contextlib.contextmanager
def running(*arguments: str | Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        words(*arguments), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_killed_at_any_moment(home: Path, originals: Path) -> None:
    for song in songs(home):
        song.unlink()
    paths = [home / MUSIC / f"song.{number:02}.wav" for number in range(24)]
    for path in paths:
        shutil.copy(originals / "song.wav", path)
    keep(home, *paths)
    times = {path: path.stat().st_mtime_ns for path in paths}
    for _ in range(2):
        now = {path: path.stat().st_ino for path in paths}
        with running("tag", "--all", "--library", home / "library.db", home=home) as process:
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                if sum(path.stat().st_ino != now[path] for path in paths) >= 4:
                    break
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    assert any(path.stat().st_mtime_ns == times[path] for path in paths)
    assert all(same_sound(originals / "song.wav", path) for path in paths)
    # A file may have been replaced whose new state the library did not store: it is known by the next scan.
    stale = tag(home, "--all", codes=(0, 1)).errors
    assert len(stale) <= 2
    assert all("changed since it was scanned" in reason for reason in stale.values())
    assert all(mood(path) for path in paths)
