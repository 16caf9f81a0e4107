"""Playlists that players open: M3U8, XSPF, JSPF.

References
----------
XSPF: https://www.xspf.org/spec (version 1). JSPF: https://www.xspf.org/jspf. M3U8: no standard; what is written
here is extended M3U in UTF-8, as VLC, foobar2000 and Kodi read and write it.
"""

import json
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # only writes here

from img2music.track import Track

XSPF_NAMESPACE = "http://xspf.org/ns/0/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a playlist: a track and what to say about it."""

    track: Track
    note: str = ""


def clean(text: str) -> str:
    """Text that XML and UTF-8 can hold: bytes that were not UTF-8 and control characters become U+FFFD."""
    return re.sub(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean(text).split())


def file_uri(path: str) -> str:
    """The ``file:`` URI of an absolute path, every byte of it kept (RFC 8089)."""
    if os.name == "nt":
        return Path(path).as_uri()
    return "file://" + urllib.parse.quote_from_bytes(os.fsencode(path), safe="/")


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


def m3u8(entries: Iterable[Entry], folder: Path | None = None) -> str:
    """Write an extended M3U playlist of the tracks that have a file.

    A track is named relative to the playlist's folder, so that both can be moved together; where the two have
    nothing in common below the user's home, by its absolute path. A name that a line of text can't hold (a line
    break, blanks at an end, bytes that are not UTF-8) is written as a ``file:`` URI.
    """
    lines = ["#EXTM3U"]
    for entry in entries:
        track = entry.track
        if track.path is None:
            continue
        seconds = -1 if track.duration is None else round(track.duration)
        name = " - ".join(filter(None, (one_line(track.artist or ""), one_line(track.shown_title))))
        lines += [f"#EXTINF:{seconds},{name}", _m3u8_location(track.path, folder)]
    return "\n".join(lines) + "\n"


def _m3u8_location(path: str, folder: Path | None) -> str:
    if path != clean(path) or path != path.strip() or len(path.splitlines()) != 1 or "\t" in path:
        return file_uri(path)
    inside = None if folder is None else _seen_from(folder, path)
    if inside is None:
        return path
    # "#..." would be a comment, "http:..." an address, " ..." may be stripped.
    plain = inside.parts[0][0] not in "# " and ":" not in inside.parts[0]
    return str(inside) if plain else f".{os.sep}{inside}"


def _seen_from(folder: Path, path: str) -> Path | None:
    """A path relative to a folder; None where the two have only a home, or what is above it, in common."""
    place = os.path.abspath(folder)  # noqa: PTH100 - takes out "..", keeps links
    if Path(path).is_relative_to(place):
        return Path(path).relative_to(place)
    # The way up starts where a link leads.
    real, place = Path(os.path.realpath(Path(path).parent), Path(path).name), os.path.realpath(folder)
    try:
        common = os.path.commonpath([real, place])
    except ValueError:  # another drive
        return None
    return None if Path.home().is_relative_to(common) else Path(os.path.relpath(real, place))


def xspf(entries: Iterable[Entry], title: str) -> str:
    """Write an XSPF playlist."""
    playlist = ElementTree.Element("playlist", version="1", xmlns=XSPF_NAMESPACE)
    ElementTree.SubElement(playlist, "title").text = one_line(title)
    tracks = ElementTree.SubElement(playlist, "trackList")
    for entry in entries:
        element = ElementTree.SubElement(tracks, "track")
        for name, value in _xspf_fields(entry).items():
            ElementTree.SubElement(element, name).text = str(value)
    ElementTree.indent(playlist)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(playlist, encoding="unicode")}\n'


def jspf(entries: Iterable[Entry], title: str) -> str:
    """Write a JSPF playlist: XSPF's content as JSON."""
    tracks = []
    for entry in entries:
        fields = _xspf_fields(entry)
        tracks.append(
            {name: [value] if name in ("location", "identifier") else value for name, value in fields.items()}
        )
    document = {"playlist": {"title": one_line(title), "track": tracks}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _xspf_fields(entry: Entry) -> Mapping[str, Any]:
    """Fields of one track under XSPF's names, in the order of its specification."""
    track = entry.track
    fields = {
        "location": "" if track.path is None else file_uri(track.path),
        "identifier": identifier_uri(track.identifier or ""),
        "title": one_line(track.shown_title),
        "creator": one_line(track.artist or ""),
        "annotation": one_line(entry.note),
        "album": one_line(track.album or ""),
        "duration": "" if track.duration is None else round(track.duration * 1000),
    }
    return {name: value for name, value in fields.items() if value != ""}
