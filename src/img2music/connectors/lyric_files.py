"""Lyrics in the tags of a sound file, and in the ``.lrc`` or ``.txt`` file beside it."""

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Any

from img2music.connectors.lyrics import Lyrics, lyrics_of
from img2music.connectors.tags import tags_of, texts_of
from img2music.errors import InputError
from img2music.files import read_text
from img2music.locations import is_url, local, state

MAX_BYTES = 1 << 20
"""Of a file beside a song; a larger one holds no lyrics."""
ENDINGS = (".lrc", ".LRC", ".txt", ".TXT")
"""Of files beside a song, in the order in which they are tried."""

# Vorbis comments and APEv2, in any case; MP4; ASF (WMA). Plain ones first: they have no times to lose.
_NAMES = (
    *("unsyncedlyrics", "lyrics", "\xa9lyr", "----:com.apple.iTunes:UNSYNCEDLYRICS", "----:com.apple.iTunes:LYRICS"),
    *("WM/Lyrics", "syncedlyrics"),
)
_LYRICS = 1  # the kind of SYLT frame that holds words: https://id3.org/id3v2.4.0-frames, section 4.9


def read_embedded(path: str | os.PathLike[str]) -> Lyrics:
    """Read the lyrics in the tags of a sound file."""
    return _best(lyrics_of(text) for tags in tags_of(path) for text in _texts(tags))


def read_beside(path: str | os.PathLike[str]) -> Lyrics:
    """Read the lyrics in the ``.lrc`` or ``.txt`` file that is called as a sound file is."""
    stem = os.path.splitext(os.fspath(path))[0]  # noqa: PTH122 - names may be any bytes
    return _best(lyrics_of(_read(stem + ending)) for ending in ENDINGS)


def _best(found: Iterable[Lyrics]) -> Lyrics:
    """The first that has words; without any, that there are none, if one says so."""
    instrumental = False
    for lyrics in found:
        if lyrics.text is not None:
            return lyrics
        instrumental = instrumental or lyrics.instrumental
    return Lyrics(instrumental=instrumental)


def _read(path: str) -> str | None:
    try:
        if is_url(path) and state(path)[0] > MAX_BYTES:
            return None
        with local(path) as here:
            regular = stat.S_ISREG(os.stat(here).st_mode)  # noqa: PTH116 - as above
            return read_text(here, MAX_BYTES, "no lyrics") if regular else None
    except (OSError, ValueError, InputError):
        return None


def _texts(tags: Any) -> list[str]:
    """All that tags hold under the usual names; nothing if they are damaged."""
    if not hasattr(tags, "getall"):
        return [text for name in _NAMES for text in texts_of(tags, name)]
    try:
        return list(_id3(tags))
    except Exception:  # noqa: BLE001 - mutagen raises anything on damaged values
        return []


def _id3(tags: Any) -> Iterator[str]:
    yield from (str(frame.text) for frame in tags.getall("USLT"))
    for frame in tags.getall("SYLT"):
        if frame.type == _LYRICS:
            parts = [part for part, _ in frame.text]
            # Either syllables, with line breaks among them, or lines.
            yield ("" if any("\n" in part for part in parts) else "\n").join(parts)
    for frame in tags.getall("TXXX"):
        if frame.desc.upper() in ("LYRICS", "UNSYNCEDLYRICS"):
            yield "\n".join(frame.text)
