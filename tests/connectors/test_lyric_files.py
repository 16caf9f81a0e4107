"""Lyrics in the tags of sound files, and in files beside them."""

import os
from pathlib import Path

import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, SYLT, TXXX, USLT

from img2music.connectors.lyric_files import MAX_BYTES, read_beside, read_embedded
from img2music.connectors.lyrics import Lyrics
from tests.support.sounds import encode, tone

WORDS = "First line, größer\nSecond line"


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("mp3", None),
        ("wav", None),
        ("aiff", None),
        ("m4a", "\xa9lyr"),
        ("alac", "----:com.apple.iTunes:LYRICS"),
        ("wma", "WM/Lyrics"),
        ("flac", "LYRICS"),
        ("ogg", "UNSYNCEDLYRICS"),
        ("opus", "lyrics"),
    ],
)
def test_every_format(tmp_path: Path, kind: str, key: str | None) -> None:
    path = encode(tmp_path / f"song.{kind}", np.repeat(tone(440, 1, 48_000), 2, axis=0), kind, 48_000)
    assert read_embedded(path) == Lyrics()
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, ID3):
        file.tags.add(USLT(encoding=3, lang="eng", desc="", text=WORDS))
    elif key is not None and key.startswith("----"):
        file.tags[key] = [WORDS.encode()]
    else:
        file.tags[key] = [WORDS]
    file.save()
    assert read_embedded(path) == Lyrics(WORDS)


def test_timed_tags(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp3", tone(440, 1), "mp3")
    tags = ID3()
    tags.add(SYLT(encoding=3, lang="eng", desc="chords", format=2, type=5, text=[("Am", 10)]))
    tags.add(SYLT(encoding=3, lang="eng", desc="", format=2, type=1, text=[("Sec", 1), ("ond", 2), ("\nline", 3)]))
    tags.save(path)
    assert read_embedded(path) == Lyrics("Second\nline")
    tags.add(SYLT(encoding=3, lang="eng", desc="", format=2, type=1, text=[("One line", 1), ("and another", 2)]))
    tags.save(path)
    assert read_embedded(path) == Lyrics("One line\nand another")
    tags.delall("SYLT")
    tags.add(USLT(encoding=3, lang="eng", desc="", text=" "))
    tags.add(TXXX(encoding=3, desc="Lyrics", text=["[00:01.00]Timed in a plain field"]))
    tags.save(path)
    assert read_embedded(path) == Lyrics("Timed in a plain field")


def test_plain_words_go_before_timed_ones(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.flac", tone(440, 1), "flac")
    file = mutagen.File(path)
    file["SYNCEDLYRICS"] = ["[00:01.00]timed"]
    file.save()
    assert read_embedded(path) == Lyrics("timed")
    file["LYRICS"] = ["plain"]
    file.save()
    assert read_embedded(path) == Lyrics("plain")


@pytest.mark.parametrize(
    "content", [b"", b"text", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fUSLT\xff\xff\xff\xff", b"OggS" * 99]
)
def test_damaged_tags_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert read_embedded(path) == Lyrics()
    assert read_embedded(tmp_path / "missing.mp3") == Lyrics()


def test_damage_anywhere_raises_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    path = encode(tmp_path / "song.mp3", tone(440, 1), "mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="", text=WORDS))
    tags.add(SYLT(encoding=1, lang="eng", desc="", format=2, type=1, text=[("a", 1), ("b", 2)]))
    tags.save(path)
    whole = path.read_bytes()
    for _ in range(200):
        damaged = bytearray(whole)
        for place in random.integers(0, 300, 5):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        assert isinstance(read_embedded(path), Lyrics)


def test_files_beside(tmp_path: Path) -> None:
    song = tmp_path / "My.Song.mp3"
    assert read_beside(song) == Lyrics()
    (tmp_path / "My.txt").write_text("another's")
    (tmp_path / "My.Song.txt").write_bytes("naïve café".encode("cp1252"))
    assert read_beside(song) == Lyrics("naïve café")
    (tmp_path / "My.Song.lrc").write_bytes("\ufeff[ti:x]\r\n[00:01.00]größer\r\n".encode())
    assert read_beside(song) == Lyrics("größer")
    (tmp_path / "My.Song.lrc").write_bytes("[00:01.00]노래".encode("utf-16"))
    assert read_beside(song) == Lyrics("노래")


@pytest.mark.parametrize("content", [b"", b"\x00\x01words", b"a" * (MAX_BYTES + 1), b"[00:01.00]"])
def test_what_is_no_lyrics_beside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "song.lrc").write_bytes(content)
    (tmp_path / "song.txt").mkdir()
    os.mkfifo(tmp_path / "song.TXT")
    assert read_beside(tmp_path / "song.mp3") == Lyrics()


def test_any_name(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.mp3")
    Path(name[:-3] + "lrc").write_text("words")
    assert read_beside(name) == Lyrics("words")
    assert read_beside("a\0b.mp3") == Lyrics()


def test_no_words_on_purpose(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp3", tone(440, 0.5), "mp3")
    tags = ID3()
    tags.add(USLT(encoding=3, lang="eng", desc="", text="[Instrumental]"))
    tags.save(path)
    assert read_embedded(path) == Lyrics(instrumental=True)
    tags.add(TXXX(encoding=3, desc="Lyrics", text=[WORDS]))
    tags.save(path)
    assert read_embedded(path) == Lyrics(WORDS)
    path.with_suffix(".lrc").write_text("[au: instrumental]\n")
    assert read_beside(path) == Lyrics(instrumental=True)
    path.with_suffix(".txt").write_text(WORDS, encoding="utf-8")
    assert read_beside(path) == Lyrics(WORDS)


def test_apev2_in_an_mp3(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp3", tone(440, 0.5), "mp3")
    ID3(path).delete(path)
    tags = APEv2()
    tags["Lyrics"] = WORDS
    tags.save(path)
    assert read_embedded(path) == Lyrics(WORDS)
