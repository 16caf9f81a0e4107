"""Playlists: golden files, and hostile names through the parsers of other people."""

import json
import os
import urllib.parse
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.matching.playlists import XSPF_NAMESPACE, Entry, clean, file_uri, jspf, m3u8, one_line, xspf
from tests.support.songs import track, unheard

GOLDEN = Path(__file__).parent / "golden"
NON_UTF8 = os.fsdecode(b"/music/caf\xe9.mp3")

ENTRIES = [
    Entry(
        track(1, "/music/Nina Simone/Sinnerman.flac", title="Sinnerman", artist="Nina Simone", duration=622.4),
        "Lively like the photo (tense): livelier than 91 % of your library, 142 BPM",
    ),
    Entry(track(2, '/music/100% #1/? & <tags> "quoted".mp3', title="A & B <live>", album="]]>", duration=61.5)),
    Entry(track(3, "/music/#hash.ogg", title="line\nbreak\x00", artist="  "), "why\tnot"),
    Entry(track(4, "/music/new\nline.ogg", artist="아이유", title="좋은 날 🎵")),
    Entry(track(5, NON_UTF8)),
    Entry(track(6, "/elsewhere/http:song.mp3", title="$5")),
]
WITHOUT_FILE = [
    Entry(track(1, "/music/Sinnerman.flac", title="Sinnerman", artist="Nina Simone", duration=622.4)),
    Entry(unheard(2, "spotify:6f807x0ima9a1j3VPbc7VN", title="Jóga", artist="Björk", album="Homogenic"), "why"),
    Entry(unheard(3, "song:9b1f", title="No length", duration=None)),
    Entry(unheard(4, "mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d")),
    Entry(unheard(5, "number 17 of my list", title="No URI")),
    Entry(unheard(6, 'x:blank <tag> "é', title="Odd URI")),
]

NAMES = (
    st.binary(min_size=1, max_size=20)
    .filter(lambda name: b"\x00" not in name and b"/" not in name)
    .filter(lambda name: name not in {b".", b".."})
)
TEXTS = st.text(st.characters(), max_size=20)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("without-file.m3u8", m3u8(WITHOUT_FILE)),
        ("without-file.xspf", xspf(WITHOUT_FILE, "Songs")),
        ("without-file.jspf", jspf(WITHOUT_FILE, "Songs")),
        ("absolute.m3u8", m3u8(ENTRIES)),
        ("relative.m3u8", m3u8(ENTRIES, Path("/music"))),
        ("playlist.xspf", xspf(ENTRIES, "Photo & song")),
        ("playlist.jspf", jspf(ENTRIES, "Photo & song")),
    ],
)
def test_golden(name: str, text: str) -> None:
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


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
    assert m3u8([Entry(track(1, song))], tmp_path / folder).splitlines()[-1] == (line or song)


def read_m3u8(text: str, folder: Path) -> list[str]:
    """Read a playlist as players do: skip comments, decode URIs, join relative names to the folder."""
    paths = []
    for line in text.encode("utf-8").decode("utf-8").split("\n"):
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
    entries = [
        Entry(track(i, path, title=title, artist=artist))
        for i, (path, (_, title, artist)) in enumerate(zip(paths, songs, strict=True))
    ]
    for text in (m3u8(entries, folder), m3u8(entries)):
        assert read_m3u8(text, folder) == paths
        assert text.startswith("#EXTM3U\n")
        assert text.count("\n#EXTINF:180,") == len(paths)


@given(st.lists(st.tuples(NAMES, TEXTS, TEXTS, TEXTS), max_size=5), TEXTS)
def test_every_name_survives_xspf_and_jspf(songs: list[tuple[bytes, str, str, str]], name: str) -> None:
    paths = [os.fsdecode(b"/music/" + song[0]) for song in songs]
    entries = [
        Entry(track(i, path, title=title, artist=artist, album=album), note=title)
        for i, (path, (_, title, artist, album)) in enumerate(zip(paths, songs, strict=True))
    ]
    root = ElementTree.fromstring(xspf(entries, name).encode("utf-8"))
    space = {"x": XSPF_NAMESPACE}
    locations = [element.text or "" for element in root.findall("x:trackList/x:track/x:location", space)]
    listed = json.loads(jspf(entries, name).encode("utf-8"))["playlist"]["track"]
    assert locations == [item["location"][0] for item in listed]
    assert [os.fsdecode(urllib.parse.unquote_to_bytes(uri.removeprefix("file://"))) for uri in locations] == paths
    for element, item, song in zip(root.findall("x:trackList/x:track", space), listed, songs, strict=True):
        assert item.get("creator", "") == one_line(song[2])
        assert (element.findtext("x:creator", "", space)) == one_line(song[2])
        assert element.findtext("x:duration", "", space) == "180000"


@pytest.mark.parametrize("name", ["café 100%.mp3", "#1 \n\t.mp3", "아이유 🎵?.mp3"])
def test_a_uri_opens_the_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"sound")
    with urllib.request.urlopen(file_uri(str(tmp_path / name))) as opened:
        assert opened.read() == b"sound"


@given(st.text(st.characters()))
def test_clean_text_is_what_xml_and_utf8_can_hold(text: str) -> None:
    root = ElementTree.Element("a")
    root.text = clean(text)
    assert (ElementTree.fromstring(ElementTree.tostring(root, encoding="utf-8")).text or "") == clean(text)
    assert "\n" not in one_line(text)
