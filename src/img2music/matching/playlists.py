"""Recommendations as files: playlists that players open, CSV and JSON.

References
----------
XSPF: https://www.xspf.org/spec (version 1). JSPF: https://www.xspf.org/jspf. M3U8 and PLS: no standard; what is written
here is extended M3U and PLS version 2, both in UTF-8, as VLC, foobar2000 and Kodi read and write them.
"""

import csv
import io
import json
import os
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from img2music.files import FileKind
from img2music.formats import Format, Formats
from img2music.locations import address, is_url
from img2music.matching.smart_playlists import mood_nsp, mood_nsp_notes, nsp, nsp_notes

if TYPE_CHECKING:
    from img2music.matching.recommendation import Match, Recommendations
    from img2music.track import Track

TITLE = "Songs by img2music"
XSPF_NAMESPACE = "http://xspf.org/ns/0/"
CSV_COLUMNS = (
    *("query", "rank", "id", "path", "title", "artist", "album", "duration"),
    *("valence", "arousal", "distance", "similarity", "start", "end", "reason"),
)

Writer = Callable[["Recommendations", Path | None], bytes]
"""Turns recommendations into the bytes of a file, given the folder that it will lie in."""


@dataclass(frozen=True)
class PlaylistFormat(Format):
    """A format that recommendations are written in."""

    write: Writer
    files_only: bool = False  # whether it has no room for a song without a file
    # What a person should know of what is written
    notes: Callable[["Recommendations"], Iterable[str]] = lambda _: ()


def as_json(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """JSON in ASCII: names that are not UTF-8 survive as surrogate escapes."""
    return (found.to_json() + "\n").encode("ascii")


def as_csv(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """CSV with a line for every match (`CSV_COLUMNS`), in UTF-8; bytes of names that are not become escapes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
    writer.writerow(CSV_COLUMNS)
    for recommendation in found:
        for match in recommendation.matches:
            track, passage = match.track, match.passage
            own = (track.id, track.path, track.title, track.artist, track.album, track.duration)
            affect = (track.affect.valence, track.affect.arousal)
            times = (None, None) if passage is None else (passage.start, passage.end)
            numbers = (*affect, match.distance, match.similarity, *times)
            writer.writerow((recommendation.query.path, match.rank, *own, *numbers, match.reason))
    return text.getvalue().encode("utf-8", "backslashreplace")


def m3u8(found: "Recommendations", folder: Path | None = None) -> bytes:
    """Extended M3U."""
    lines = ["#EXTM3U"]
    for track, path in _files(found):
        lines += [f"#EXTINF:{_seconds(track)},{_name(track)}", _location(path, folder)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def m3u(found: "Recommendations", folder: Path | None = None) -> bytes:
    """The same under the older ending, which by itself does not tell the encoding."""
    return m3u8(found, folder).replace(b"#EXTM3U\n", b"#EXTM3U\n#EXTENC:UTF-8\n", 1)


def pls(found: "Recommendations", folder: Path | None = None) -> bytes:
    """PLS, version 2."""
    lines, count = ["[playlist]"], 0
    for count, (track, path) in enumerate(_files(found), start=1):
        lines += [f"File{count}={_location(path, folder)}", f"Title{count}={_name(track)}"]
        lines.append(f"Length{count}={_seconds(track)}")
    return "\n".join([*lines, f"NumberOfEntries={count}", "Version=2", ""]).encode("utf-8")


def xspf(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """XSPF. A song without a file has an identifier instead, by which programs such as Spotify's know it."""
    from xml.etree import ElementTree  # only writes here

    playlist = ElementTree.Element("playlist", version="1", xmlns=XSPF_NAMESPACE)
    ElementTree.SubElement(playlist, "title").text = clean(found.title or TITLE)
    tracks = ElementTree.SubElement(playlist, "trackList")
    for match in found.matches:
        element = ElementTree.SubElement(tracks, "track")
        for name, value in _xspf_fields(match).items():
            ElementTree.SubElement(element, name).text = str(value)
    ElementTree.indent(playlist)
    text = ElementTree.tostring(playlist, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def jspf(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """JSPF: XSPF's content as JSON."""
    several = ("location", "identifier")
    tracks = [
        {name: [value] if name in several else value for name, value in _xspf_fields(match).items()}
        for match in found.matches
    ]
    document = {"playlist": {"title": clean(found.title or TITLE), "track": tracks}}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def clean(text: str) -> str:
    """Text that XML and UTF-8 can hold: bytes that were not UTF-8 and control characters become U+FFFD."""
    return re.sub(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def one_line(text: str | None) -> str:
    """The same on one line; empty for none."""
    return " ".join(clean(text or "").split())


def identifier_uri(identifier: str) -> str:
    """A song's identifier as a URI; empty if it is none."""
    scheme, colon, name = identifier.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return ""
    if scheme == "spotify" and ":" not in name:
        return f"spotify:track:{name}"  # as Spotify's programs write it
    if scheme == "mbid":
        return f"https://musicbrainz.org/recording/{name}"  # as ListenBrainz reads it
    return f"{scheme}:{urllib.parse.quote(name, safe='/:@!$&()*+,;=~?#%')}"


def _files(found: "Recommendations") -> Iterator[tuple["Track", str]]:
    return ((match.track, match.track.path) for match in found.matches if match.track.path is not None)


def _seconds(track: "Track") -> int:
    return -1 if track.duration is None else round(track.duration)


def _name(track: "Track") -> str:
    return " - ".join(filter(None, (one_line(track.artist), one_line(track.shown_title))))


def _location(path: str, folder: Path | None) -> str:
    """Name a file on a line of a playlist in a folder.

    Relative to the folder, so that both can be moved together; where the two have nothing in common below the user's
    home, by its absolute path. A name that a line of text can't hold (a line break, blanks at an end, bytes that are
    not UTF-8) becomes a ``file:`` URI.
    """
    if is_url(path):
        return address(path)
    if path != clean(path) or path != path.strip() or len(path.splitlines()) != 1 or "\t" in path:
        return Path(path).as_uri()
    inside = None if folder is None else _seen_from(folder, path)
    if inside is None:
        return path
    # "#..." would be a comment, "http:..." an address, " ..." may be stripped.
    plain = inside.parts[0][0] not in "# " and ":" not in inside.parts[0]
    return str(inside) if plain else f".{os.sep}{inside}"


def _seen_from(folder: Path, path: str) -> Path | None:
    """A path relative to a folder; None where the two have only a home, or what is above it, in common."""
    start = os.path.abspath(folder)  # noqa: PTH100 - takes out "..", keeps links
    if Path(path).is_relative_to(start):
        return Path(path).relative_to(start)
    # The way up starts where a link leads.
    real, start = Path(os.path.realpath(Path(path).parent), Path(path).name), os.path.realpath(folder)
    try:
        common = os.path.commonpath([real, start])
    except ValueError:  # another drive
        return None
    return None if Path.home().is_relative_to(common) else Path(os.path.relpath(real, start))


def _xspf_fields(match: "Match") -> Mapping[str, Any]:
    """Fields of one track under XSPF's names, in the order of its specification."""
    track = match.track
    fields = {
        "location": "" if track.path is None else address(track.path),
        "identifier": identifier_uri(track.identifier or ""),
        "title": one_line(track.shown_title),
        "creator": one_line(track.artist),
        "annotation": one_line(match.reason),
        "album": one_line(track.album),
        "duration": "" if track.duration is None else round(track.duration * 1000),
    }
    return {name: value for name, value in fields.items() if value != ""}


_M3U = FileKind("an M3U playlist", (".m3u8", ".m3u"), rb"(\xef\xbb\xbf)?#EXTM3U")
_PLS = FileKind("a PLS playlist", (".pls",), rb"(\xef\xbb\xbf)?\[playlist\]")
_XSPF = FileKind("an XSPF playlist", (".xspf",), rb"(\xef\xbb\xbf)?<\?xml.*<playlist")
_JSPF = FileKind("a JSPF playlist", (".jspf", ".json"), rb'\s*\{\s*"playlist"')
_NSP = FileKind("a smart playlist by img2music", (".nsp",), rb'\s*\{\s*"comment":\s*"img2music: ')
FORMATS = Formats(
    "a list of matches",
    PlaylistFormat("json", FileKind.json("a JSON list of matches by img2music", "img2music/recommend/2"), as_json),
    PlaylistFormat("csv", FileKind.csv("a CSV list of matches by img2music", CSV_COLUMNS), as_csv),
    PlaylistFormat("m3u8", _M3U, m3u8, files_only=True),
    PlaylistFormat("m3u", _M3U, m3u, files_only=True),
    PlaylistFormat("pls", _PLS, pls, files_only=True),
    PlaylistFormat("xspf", _XSPF, xspf),
    PlaylistFormat("jspf", _JSPF, jspf),
    PlaylistFormat("nsp", _NSP, nsp, files_only=True, notes=nsp_notes),
    PlaylistFormat("mood.nsp", _NSP, mood_nsp, files_only=True, notes=mood_nsp_notes),
)
