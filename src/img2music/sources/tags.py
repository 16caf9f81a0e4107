"""Tags of sound files: title, artist, album, genre, year."""

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LONGEST = 500
"""Characters of a tag that are kept."""
EARLIEST, LATEST = 1000, 2999  # years that a date may name
YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)|^(\d{4})\d{4}$")  # "1999-05-01", "May 1999", "19990501"

# Names of one tag in Vorbis comments (also Opus, FLAC) and APEv2; ID3v2 (MP3, WAV, AIFF); MP4; ASF (WMA).
TITLE = ("title", "TIT2", "\xa9nam", "Title")
ARTIST = ("artist", "TPE1", "\xa9ART", "Artist", "Author", "performer")
ALBUM = ("album", "TALB", "\xa9alb", "Album", "WM/AlbumTitle")
ALBUM_ARTIST = (
    "albumartist",
    "album artist",
    "album_artist",
    "TPE2",
    "aART",
    "Album Artist",
    "WM/AlbumArtist",
)
GENRE = ("genre", "TCON", "\xa9gen", "Genre", "WM/Genre")
DATE = ("date", "originaldate", "year", "TDRC", "TDOR", "TYER", "\xa9day", "Year", "WM/Year")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a sound file says about the music in it.

    Attributes
    ----------
    title, artist, album, album_artist, genre : str or None
        One line of printable text each; several values are joined by ``"; "``.
    year : int or None
        Year of release.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None


def read_tags(path: str | os.PathLike[str]) -> Tags:
    """Read the tags of a sound file.

    Parameters
    ----------
    path : path-like
        A regular file of any format that mutagen reads.

    Returns
    -------
    Tags
        What could be read. Missing, damaged or hostile tags are None and raise nothing: a song is a song
        without them.
    """
    import mutagen

    try:
        file = mutagen.File(path)
    except Exception:  # noqa: BLE001 - mutagen raises struct, unicode and other errors on damaged files
        file = None
    tags = getattr(file, "tags", None)
    if tags is None:
        return Tags()
    return Tags(
        title=_text(tags, TITLE),
        artist=_text(tags, ARTIST),
        album=_text(tags, ALBUM),
        album_artist=_text(tags, ALBUM_ARTIST),
        genre=_text(tags, GENRE),
        year=find_year(_values(tags, DATE)),
    )


def _values(tags: Any, names: Iterable[str]) -> list[str]:
    """The values of the first of these names that has any."""
    for name in names:
        try:
            value = tags[name]
            # ID3's genre frame spells out the numbers of ID3v1 under this name.
            value = getattr(value, "genres", None) or getattr(value, "text", value)
            values = value if isinstance(value, list | tuple) else [value]
            cleaned = [text for text in (one_line(str(item)) for item in values) if text]
        except Exception:  # noqa: BLE001, S112 - as above: no tag is worth a track
            continue
        if cleaned:
            return cleaned
    return []


def _text(tags: Any, names: Iterable[str]) -> str | None:
    values = list(dict.fromkeys(_values(tags, names)))
    return "; ".join(values)[:LONGEST].rstrip() or None


def one_line(text: str) -> str:
    """Make text one line: no control characters, no halves of surrogate pairs, no runs of spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        At most `LONGEST` characters.
    """
    shown = (" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text[: 4 * LONGEST])
    return " ".join("".join(shown).split())[:LONGEST]


def find_year(dates: Iterable[str]) -> int | None:
    """Find the first year that is written in dates.

    Parameters
    ----------
    dates : iterable of str
        Such as ``"1999-05-01"``.

    Returns
    -------
    int or None
        From `EARLIEST` to `LATEST`.
    """
    for date in dates:
        for match in YEAR.finditer(date):
            year = int(match[1] or match[2])
            if EARLIEST <= year <= LATEST:
                return year
    return None
