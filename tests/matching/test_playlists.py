"""Every format: golden files, and hostile names through the parsers of other people."""

import csv
import io
import json
import os
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.matching.passages import Passage
from img2music.matching.playlists import (
    FORMATS,
    XSPF_NAMESPACE,
    clean,
    jspf,
    m3u8,
    one_line,
    xspf,
)
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.options import MatchMode
from img2music.track import Track
from tests.conftest import ROOT
from tests.support.songs import track, unheard

FOLDER = Path("/music")
WHY = "Lively like the photo\t(tense): livelier than 91 % of your library, 142 BPM"


def listed(tracks: list[Track], reason: str = WHY) -> Recommendations:
    """Tracks that were recommended, with a query that has no file."""
    matches = tuple(
        Match(rank, each, (0.25, 0.75), 0.25, 0.8, None if each.path is None else Passage(1.5, 31.5), reason)
        for rank, each in enumerate(tracks, start=1)
    )
    query = Query(QueryKind.POINT, Affect(0.25, 0.5))
    return Recommendations(MatchMode.RELATIVE, False, (Recommendation(query, (0.25, 0.5), matches),))


FILES = [
    track(1, "/music/Nina Simone/Sinnerman.flac", title="Sinnerman", artist="Nina Simone", duration=622.4),
    track(2, '/music/100% #1/? & <tags> "quoted".mp3', title="A & B <live>", album="]]>", duration=61.5),
    track(3, "/music/#hash.ogg", title="line\nbreak\x07", artist="  "),
    track(4, "/music/new\nline.ogg", artist="아이유", title="좋은 날 🎵"),
    track(5, os.fsdecode(b"/music/caf\xe9.mp3")),
    track(6, "/elsewhere/http:song.mp3", title="$5"),
]
SONGS = [
    *FILES,
    unheard(7, "spotify:6f807x0ima9a1j3VPbc7VN", title="Jóga", artist="Björk", album="Homogenic"),
    unheard(8, "song:9b1f", title="No length", duration=None),
    unheard(9, "mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"),
    unheard(10, "number 17 of my list", title="No URI"),
    unheard(11, 'x:blank <tag> "é', title="Odd URI"),
]

LISTS = [name for name in FORMATS if not name.endswith("nsp")]
"""Formats that list songs; the others are rules."""
NAMES = (
    st.binary(min_size=1, max_size=20)
    .filter(lambda name: b"\x00" not in name and b"/" not in name)
    .filter(lambda name: name not in {b".", b".."})
)
TEXTS = st.text(st.characters(), max_size=20)


@pytest.mark.parametrize("name", [name for name in LISTS if name != "json"])  # which has a schema
def test_golden(name: str, golden: Callable[[str, bytes], None]) -> None:
    golden(f"songs.{name}", FORMATS[name].write(listed(SONGS), FOLDER))


def strings(text: str) -> Iterator[str]:
    """All strings in XML, JSON, CSV, and lines that may begin with a name and an equals sign."""
    if text.startswith("<"):
        yield from (element.text or "" for element in ElementTree.fromstring(text.encode()).iter())
    elif text.startswith("{"):
        yield from (json.loads(each) for each in re.findall(r'"(?:[^"\\]|\\.)*"', text))
    else:
        yield from (cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row)
        yield from (line.partition("=")[2] or line for line in text.split("\n"))


@pytest.mark.parametrize("name", LISTS)
def test_every_format_is_known_by_its_beginning_and_names_each_song(name: str) -> None:
    written = FORMATS[name].write(listed(SONGS), FOLDER)
    assert re.match(FORMATS[name].kind.start, written, re.DOTALL)
    found = set(strings(written.decode()))
    uris = [text.removeprefix("file://") for text in found if text.startswith("file://")]
    found |= {os.fsdecode(urllib.parse.unquote_to_bytes(uri)) for uri in uris}
    found |= {os.path.normpath(FOLDER / each) for each in found if "\0" not in each}
    for song in FILES:
        assert {song.path, str(song.path).encode("utf-8", "backslashreplace").decode()} & found
    assert ("Jóga" in found) is not FORMATS[name].files_only


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_documented(name: str) -> None:
    section = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8").split("## Playlists")[1].split("\n## ")[0]
    assert f"`{name}`" in "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))


@pytest.mark.parametrize(
    ("folder", "path", "line"),
    [
        ("music/Playlists", "music/Artist/a.mp3", "../Artist/a.mp3"),
        ("music/Playlists/Moods", "music/Artist/a.mp3", "../../Artist/a.mp3"),
        ("elsewhere/../music", "music/a.mp3", "a.mp3"),
        ("link", "music/a.mp3", "../a.mp3"),
        ("music/Playlists", "link/a.mp3", "a.mp3"),
        ("home/Desktop", "home/Music/a.mp3", None),
        ("music", "home/Music/a.mp3", None),
    ],
)
def test_m3u8_beside_the_music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder, path, line) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "music" / "Playlists").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "music" / "Playlists")
    song = str(tmp_path / path)
    assert m3u8(listed([track(1, song)]), tmp_path / folder).decode().splitlines()[-1] == (line or song)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("s3://music/My Song #1.mp3", "s3://music/My%20Song%20%231.mp3"),
        ("sftp://me@nas:22/é.mp3", "sftp://me@nas:22/%C3%A9.mp3"),
        ("http://nas/My%20Song.mp3", "http://nas/My%20Song.mp3"),
    ],
)
def test_songs_of_a_store_stand_by_their_addresses(path: str, address: str, tmp_path: Path) -> None:
    found = listed([track(1, path)])
    assert m3u8(found, tmp_path).decode().splitlines()[-1] == address
    assert json.loads(jspf(found))["playlist"]["track"][0]["location"] == [address]


def read_m3u8(text: str, folder: Path) -> list[str]:
    """Read a playlist as players do: skip comments, decode URIs, join relative names to the folder."""
    paths = []
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            if line.startswith("file://"):
                paths.append(os.fsdecode(urllib.parse.unquote_to_bytes(line.removeprefix("file://"))))
            else:
                assert ":" not in line.split("/", maxsplit=1)[0]
                paths.append(os.path.normpath(folder / line.strip()))
    return paths


@given(st.lists(st.tuples(NAMES, TEXTS, TEXTS), max_size=5), st.booleans())
def test_every_name_survives_m3u8(songs: list[tuple[bytes, str, str]], inside: bool) -> None:
    folder = Path("/music/playlists")
    parent = folder if inside else Path("/other")
    paths = [os.fsdecode(os.fsencode(parent) + b"/" + name) for name, _, _ in songs]
    found = listed(
        [
            track(i, path, title=title, artist=artist)
            for i, (path, (_, title, artist)) in enumerate(zip(paths, songs, strict=True))
        ]
    )
    for text in (m3u8(found, folder).decode(), m3u8(found, None).decode()):
        assert read_m3u8(text, folder) == paths
        assert text.startswith("#EXTM3U\n")
        assert text.count("\n#EXTINF:180,") == len(paths)


@given(st.lists(st.tuples(NAMES, TEXTS, TEXTS, TEXTS), max_size=5), TEXTS)
def test_every_name_survives_xspf_and_jspf(songs: list[tuple[bytes, str, str, str]], reason: str) -> None:
    paths = [os.fsdecode(b"/music/" + song[0]) for song in songs]
    tracks = [
        track(i, path, title=title, artist=artist, album=album)
        for i, (path, (_, title, artist, album)) in enumerate(zip(paths, songs, strict=True))
    ]
    found = listed(tracks, reason)
    root = ElementTree.fromstring(xspf(found, None))
    space = {"x": XSPF_NAMESPACE}
    locations = [element.text or "" for element in root.findall("x:trackList/x:track/x:location", space)]
    read = json.loads(jspf(found, None))["playlist"]["track"]
    assert locations == [item["location"][0] for item in read]
    assert [os.fsdecode(urllib.parse.unquote_to_bytes(uri.removeprefix("file://"))) for uri in locations] == paths
    for element, item, song in zip(root.findall("x:trackList/x:track", space), read, songs, strict=True):
        assert item.get("creator", "") == one_line(song[2])
        assert (element.findtext("x:creator", "", space)) == one_line(song[2])
        assert element.findtext("x:duration", "", space) == "180000"


@pytest.mark.parametrize("name", ["café 100%.mp3", "#1 \n\t.mp3", "아이유 🎵?.mp3"])
def test_a_uri_opens_the_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"sound")
    (item,) = json.loads(jspf(listed([track(1, str(tmp_path / name))])))["playlist"]["track"]
    with urllib.request.urlopen(item["location"][0]) as opened:
        assert opened.read() == b"sound"


@given(st.text(st.characters()))
def test_clean_text_is_what_xml_and_utf8_can_hold(text: str) -> None:
    root = ElementTree.Element("a")
    root.text = clean(text)
    assert (ElementTree.fromstring(ElementTree.tostring(root, encoding="utf-8")).text or "") == clean(text)
    assert "\n" not in one_line(text)
