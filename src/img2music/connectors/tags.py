"""Tags of sound files: title, artist, album, genre, year and so on."""

import contextlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from img2music import remote
from img2music.locations import by_ranges, is_here, is_url, local
from img2music.media.metadata import read_metadata
from img2music.remote import RemoteError
from img2music.track import EARLIEST, LAST_NUMBER, LATEST, LONGEST, TAG_NAMES, Tags

NUMBER = re.compile(r"\(?\s*(\d{1,9})\s*(?:$|[/,])")
MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)|^(\d{4})\d{4}$")  # "1999-05-01", "May 1999", "19990501"


OF_SERVERS = ("title", "artist", "album", "album_artist", "genre", "year")
"""What music servers tell of their songs, perhaps by other sources than tags; it fills what a file does not say."""


def read_tags(path: str | os.PathLike[str]) -> Tags:
    """Read the tags of a sound file: each field from the first kind of tags that says something of it."""
    sources = tags_of(path)
    found: dict[str, Any] = {}
    for field, names in TAG_NAMES.items():
        values = [cleaned for tags in sources if (cleaned := values_of(tags, names.all))]
        if names.read == "text":
            found[field] = "; ".join(dict.fromkeys(next(iter(values), ())))[:LONGEST].rstrip() or None
        else:
            found[field] = next(filter(None, map(FINDS[names.read], values)), None)
    name = os.fspath(path)
    if name.startswith("server:") and any(found[field] is None for field in OF_SERVERS):
        told = remote.found(name, lambda files, there: files.tags(there))
        found |= {field: getattr(told, field) for field in OF_SERVERS if found[field] is None}
    return Tags(**found)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a sound file says of whose music it is, as it is written there; "" where it does not say."""

    composer: str = ""
    label: str = ""
    copyright: str = ""
    licence: str = ""
    isrc: str = ""


RIGHTS = {
    "composer": ("composer", "TCOM", "\xa9wrt", "Composer", "WM/Composer"),
    "label": TAG_NAMES["label"].all,
    "copyright": ("copyright", "TCOP", "cprt", "Copyright"),
    "licence": ("license", "TXXX:LICENSE", "TXXX:license", "WCOP", "----:com.apple.iTunes:LICENSE", "LICENSE"),
    "isrc": ("isrc", "TSRC", "----:com.apple.iTunes:ISRC", "WM/ISRC"),
}
"""What the fields of `Rights` are called in all kinds of tags, as MusicBrainz Picard maps them."""


def read_rights(path: str | os.PathLike[str]) -> Rights:
    """Read whose music a sound file is."""
    sources = tags_of(path)
    found = {
        field: next(filter(None, ("; ".join(dict.fromkeys(values_of(tags, names))) for tags in sources)), "")
        for field, names in RIGHTS.items()
    }
    return Rights(**found)


def tags_of(path: str | os.PathLike[str]) -> list[Any]:
    """Read all kinds of tags that a sound file has: a WAV may have ID3 and RIFF's own, an MP3 ID3 and APEv2."""
    if is_url(path) and not is_here(path):
        # Little of the file is read; all of it if its server has no parts of files.
        with contextlib.suppress(RemoteError), by_ranges(os.fspath(path)) as file:
            return _tags_of(file)
    with local(path) as here:
        return _tags_of(here)


def _tags_of(path: str | BinaryIO) -> list[Any]:
    import mutagen

    file = ape = None
    with contextlib.suppress(Exception):  # mutagen raises struct, unicode and other errors on damaged files
        file = mutagen.File(path)
    with contextlib.suppress(Exception):
        ape = apev2_of(file, path)
    own = getattr(file, "tags", None)
    ordered = [own, ape] if has_id3v2(file) else [ape, own]  # ID3v1 has room for 30 characters
    found = [tags for tags in ordered if tags]
    if not all(any(values_of(tags, TAG_NAMES[field].all) for tags in found) for field in ("title", "artist")):
        found.append(read_metadata(path))
    return found


def has_id3v2(file: Any) -> bool:
    """Whether a file that mutagen has read has ID3 that is not ID3v1 alone."""
    return getattr(getattr(file, "tags", None), "version", (1, 1))[0] != 1


def apev2_of(file: Any, path: str | os.PathLike[str] | BinaryIO) -> Any:
    """The APEv2 tag of a file whose own kind of tags is ID3: many MP3s have one, alone or beside ID3."""
    from mutagen.apev2 import APENoHeaderError, APEv2

    if not may_end_with_tags(file):
        return None
    try:
        return APEv2(path)
    except APENoHeaderError:
        return None


def may_end_with_tags(file: Any) -> bool:
    """Whether it is of a kind that has ID3v2 at its beginning and may have ID3v1 or APEv2 at its end: MP3 and TTA."""
    from mutagen.id3 import ID3FileType

    return isinstance(file, ID3FileType)


def values_of(tags: Any, names: Iterable[str]) -> list[str]:
    """The values of the first of these names that has any."""
    return next(
        filter(None, ([line for text in texts_of(tags, name) if (line := one_line(text))] for name in names)), []
    )


def texts_of(tags: Any, name: str) -> list[str]:
    """All that tags hold under a name; nothing where they are damaged, or of a kind that has no such names."""
    try:
        value = tags.getall("WCOP") if name == "WCOP" else tags[name]  # of which there may be several
        # ID3's genre frame spells out the numbers of ID3v1 under "genres".
        value = getattr(value, "genres", None) or getattr(value, "text", getattr(value, "data", value))
        values = value if isinstance(value, MutableSequence | tuple) else [value]
        return [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]
    except Exception:  # noqa: BLE001 - as above: no tag is worth a track
        return []


def one_line(text: str) -> str:
    """Make text one line: no control characters, no halves of surrogate pairs, no runs of spaces."""
    shown = (" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text[: 4 * LONGEST])
    return " ".join("".join(shown).split())[:LONGEST]


def find_year(dates: Iterable[str]) -> int | None:
    """Find the first year that is written in dates."""
    for date in dates:
        for match in YEAR.finditer(date):
            year = int(match[1] or match[2])
            if EARLIEST <= year <= LATEST:
                return year
    return None


def find_number(texts: Iterable[str]) -> int | None:
    """Find the first number, as in "3", "03/12" and "(3, 12)"; none in "A1" and "0"."""
    for text in texts:
        match = NUMBER.match(text)
        if match and 1 <= int(match[1]) <= LAST_NUMBER:
            return int(match[1])
    return None


def find_mbid(texts: Iterable[str]) -> str | None:
    """Find the first id of MusicBrainz's."""
    return next((text.lower() for text in texts if MBID.fullmatch(text)), None)


FINDS: Mapping[str, Callable[[Iterable[str]], int | str | None]] = {
    "year": find_year,
    "number": find_number,
    "mbid": find_mbid,
}
"""What finds what is kept of a field, by `TagNames.read`."""
