"""Tags: every format, every mess."""

import struct
from pathlib import Path

import mutagen
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.id3 import (
    COMM,
    ID3,
    TALB,
    TCOM,
    TCON,
    TCOP,
    TDRC,
    TIT2,
    TPE1,
    TPE2,
    TPOS,
    TPUB,
    TRCK,
    TSRC,
    TXXX,
    UFID,
    WCOP,
)

from img2music.connectors.tags import Rights, find_mbid, find_number, find_year, one_line, read_rights, read_tags
from img2music.track import LONGEST, Tags
from tests.support.sounds import FORMATS, encode, tone

MBID = "189002e7-3285-4e2e-92a3-7f6c30d407a2"
EXPECTED = Tags("Title", "Artist", "Album", "Various", "Jazz", 1999, "Verve", 3, 2, MBID)
# Keys under which each family of formats keeps them.
ID3_FRAMES = [TIT2, TPE1, TALB, TPE2, TCON, TDRC, TPUB, TRCK, TPOS]
OWN = "----:com.apple.iTunes:"
MP4 = ["\xa9nam", "\xa9ART", "\xa9alb", "aART", "\xa9gen", "\xa9day", f"{OWN}LABEL", "trkn", "disk"]
MP4 += [f"{OWN}MusicBrainz Track Id"]
ASF = ["Title", "Author", "WM/AlbumTitle", "WM/AlbumArtist", "WM/Genre", "WM/Year", "WM/Publisher"]
ASF += ["WM/TrackNumber", "WM/PartOfSet", "MusicBrainz/Track Id"]
VORBIS = ["TITLE", "artist", "Album", "ALBUMARTIST", "genre", "DATE", "Label", "TrackNumber", "discnumber"]
VORBIS += ["MUSICBRAINZ_TRACKID"]
VALUES = ["Title", "Artist", "Album", "Various", "Jazz", "1999-05-01", "Verve", "03/12", "2/2"]


@pytest.mark.parametrize("kind", ["mp3", "wav", "aiff", "m4a", "alac", "wma", "flac", "ogg", "opus"])
def test_every_format(tmp_path: Path, kind: str) -> None:
    path = encode(tmp_path / f"song.{kind}", np.repeat(tone(440, 1, 48_000), 2, axis=0), kind, 48_000)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, ID3):
        for frame, value in zip(ID3_FRAMES, VALUES, strict=True):
            file.tags.add(frame(encoding=3, text=[value]))
        file.tags.add(UFID(owner="http://example.org", data=b"another"))
        file.tags.add(UFID(owner="http://musicbrainz.org", data=MBID.upper().encode()))
    else:
        keys = {"m4a": MP4, "alac": MP4, "wma": ASF}.get(kind, VORBIS)
        for key, value in zip(keys, [*VALUES, MBID], strict=True):
            pair = [tuple(map(int, value.split("/")))] if key in ("trkn", "disk") else None
            file.tags[key] = pair or [value.encode() if key.startswith("----") else value]
    file.save()
    assert read_tags(path) == EXPECTED


RIGHTS = Rights("Ann; Bob", "Verve", "2001 Verve", "https://example.org/by", "USRC17607839")


@pytest.mark.parametrize("kind", ["mp3", "m4a", "wma", "flac", "opus"])
def test_whose_music_it_is(tmp_path: Path, kind: str) -> None:
    path = encode(tmp_path / f"song.{kind}", tone(440, 1, 48_000), kind, 48_000)
    assert read_rights(path) == Rights()
    file = mutagen.File(path)
    if kind == "mp3":
        for frame, value in ((TCOM, "Ann/Bob"), (TPUB, "Verve"), (TCOP, "2001 Verve"), (TSRC, "USRC17607839")):
            file.tags.add(frame(encoding=3, text=value.split("/")))
        file.tags.add(WCOP(url="https://example.org/by"))
    else:
        own = "----:com.apple.iTunes:"
        keys = {
            "m4a": ["\xa9wrt", f"{own}LABEL", "cprt", f"{own}LICENSE", f"{own}ISRC"],
            "wma": ["WM/Composer", "WM/Publisher", "Copyright", "LICENSE", "WM/ISRC"],
        }.get(kind, ["composer", "label", "copyright", "license", "isrc"])
        for key, value in zip(
            keys, (["Ann", "Bob"], ["Verve"], ["2001 Verve"], ["https://example.org/by"], ["USRC17607839"]), strict=True
        ):
            file[key] = [each.encode() for each in value] if key.startswith(own) else value
    file.save()
    assert read_rights(path) == RIGHTS


def test_several_artists_and_a_numbered_genre(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp3", tone(440, 1), "mp3")
    tags = ID3()
    tags.add(TPE1(encoding=3, text=["One", "Two", "One"]))
    tags.add(TCON(encoding=3, text=["(8)Bebop"]))
    tags.add(COMM(encoding=3, lang="eng", desc="", text=["x" * 1_000_000]))
    tags.save(path)
    read = read_tags(path)
    assert read.artist == "One; Two"
    assert read.genre == "Jazz; Bebop"
    assert (read.title, read.year) == (None, None)


def test_hostile_values_are_cleaned(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.flac", tone(440, 1), "flac")
    file = mutagen.File(path)
    file["title"] = ["\x1b[2Jbad\r\nname\u2028 here " + "x" * 100_000]
    file["artist"] = ["\t\n "]
    file["performer"] = ["노래 🎵"]
    file["date"] = ["99999"]
    file.save()
    read = read_tags(path)
    assert read.title is not None
    assert read.title.startswith("[2Jbad name here xxx")
    assert len(read.title) == LONGEST
    assert (read.artist, read.year) == ("노래 🎵", None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fTIT2\xff\xff\xff\xff",
        b"fLaC\x84\xff\xff\xff",
        b"OggS" * 99,
    ],
)
def test_files_without_readable_tags(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert read_tags(path) == Tags()
    assert read_tags(tmp_path / "missing.mp3") == Tags()


def test_damage_anywhere_raises_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    stereo = np.repeat(tone(440, 1, 48_000), 2, axis=0)
    for kind in FORMATS:
        path = encode(tmp_path / f"song.{kind}", stereo, kind, 48_000, title="Title", artist="Artist")
        whole = path.read_bytes()
        for _ in range(20):
            damaged = bytearray(whole)
            for place in random.integers(0, min(len(whole), 3000), 30):
                damaged[place] = random.integers(256)
            path.write_bytes(damaged)
            assert isinstance(read_tags(path), Tags)


@given(st.text())
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    cleaned = one_line(text)
    assert len(cleaned) <= LONGEST
    assert cleaned == " ".join(cleaned.split())
    assert cleaned == one_line(cleaned)
    assert not any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in cleaned)
    cleaned.encode()


@given(
    st.integers(1000, 2999),
    st.sampled_from(["{}", "{}-05-01", "May {}", "01/05/{}", "{}0501", "{}-05-01T12:00:00"]),
)
def test_years_are_found_in_dates(year: int, form: str) -> None:
    assert find_year([form.format(year)]) == year


@given(st.text())
def test_years_are_years_or_nothing(text: str) -> None:
    year = find_year([text])
    assert year is None or 1000 <= year <= 2999


@pytest.mark.parametrize(
    ("texts", "number"),
    [
        (["3"], 3),
        (["03/12"], 3),
        (["(3, 12)"], 3),
        (["0/12", "7"], 7),
        (["A1"], None),
        (["3rd"], None),
        (["-3"], None),
        (["100000"], None),
        (["9" * 400], None),
        ([], None),
    ],
)
def test_numbers_are_numbers_or_nothing(texts: list[str], number: int | None) -> None:
    assert find_number(texts) == number


@given(st.text())
def test_ids_of_musicbrainz_are_ids_or_nothing(text: str) -> None:
    assert find_mbid([text]) in (None, text.lower())
    assert find_mbid([text, MBID.upper()]) == (find_mbid([text]) or MBID)
    assert find_number([text]) is None or text.strip("( ").lstrip("0")[0].isdecimal()


def info_chunk(**texts: bytes) -> bytes:
    """RIFF's own tags."""
    items = b"".join(
        name.encode() + struct.pack("<I", len(text) + 1) + text + bytes(2 - len(text) % 2)
        for name, text in texts.items()
    )
    return b"LIST" + struct.pack("<I", len(items) + 4) + b"INFO" + items


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_riffs_own_tags(tmp_path: Path, encoding: str) -> None:
    path = encode(tmp_path / "song.wav", tone(440, 0.1), "wav")
    texts = {"INAM": "Größe", "IART": "Artist", "IPRD": "Album", "IGNR": "Jazz", "ICRD": "1999-05-01"}
    whole = path.read_bytes() + info_chunk(**{name: text.encode(encoding) for name, text in texts.items()})
    path.write_bytes(whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:])
    expected = Tags("Größe", "Artist", "Album", None, "Jazz", 1999)
    assert read_tags(path) == expected
    file = mutagen.File(path)  # ID3 beside it that says nothing of these, as `tag` writes it
    file.add_tags()
    file.tags.add(TXXX(encoding=3, desc="IMG2MUSIC_VALENCE", text=["0.5"]))
    file.save()
    assert read_tags(path) == expected


def test_aiffs_own_tags(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.aiff", tone(440, 0.1), "aiff")
    chunks = b"".join(name + struct.pack(">I", 6) + text for name, text in ((b"NAME", b"Titles"), (b"AUTH", b"Author")))
    whole = path.read_bytes()
    whole = whole[:12] + chunks + whole[12:]
    path.write_bytes(whole[:4] + struct.pack(">I", len(whole) - 8) + whole[8:])
    assert read_tags(path) == Tags("Titles", "Author")


def test_kinds_that_only_libav_reads(tmp_path: Path) -> None:
    stereo = np.repeat(tone(440, 0.5, 48_000), 2, axis=0)
    path = encode(tmp_path / "song.mka", stereo, "webm", 48_000, title="Title", artist="Artist", date="1999")
    assert read_tags(path) == Tags("Title", "Artist", None, None, None, 1999)


def test_apev2_in_an_mp3(tmp_path: Path) -> None:
    path = encode(tmp_path / "song.mp3", tone(440, 0.5), "mp3")
    ID3(path).delete(path)
    tags = APEv2()
    tags.update({"Title": "A title of more than thirty characters", "Artist": ["One", "Two"], "Year": "1999"})
    tags.update({"Track": "3/12", "Disc": "2", "MUSICBRAINZ_TRACKID": MBID})
    tags.save(path)
    expected = Tags("A title of more than thirty characters", "One; Two", None, None, None, 1999, None, 3, 2, MBID)
    assert read_tags(path) == expected
    old = b"TAG" + b"A title of more than thirty ch" + bytes(94) + b"\xff"
    path.write_bytes(path.read_bytes() + old)
    assert read_tags(path) == expected
    newer = ID3()
    newer.add(TIT2(encoding=3, text=["Newer"]))
    newer.save(path, v1=0)
    assert read_tags(path).title == "Newer"
    assert read_tags(path).artist == "One; Two"
