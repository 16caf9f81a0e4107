"""Which tracks may stand in one list: no duplicates, at most N per artist and album."""

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import PurePath

from img2music.library.schema import SAME_LENGTH, UNKNOWN_ARTISTS, folded
from img2music.track import Track

Copy = tuple[str, int, str, str | None]
"""Sound, id, path and album of a track."""

# Names of folders that hold what was put aside, and of files that are one of several.
_ASIDE = re.compile(
    r"^old$|(?<![^\W_])(?:back-?ups?|bak|copy|copies|downloads?|duplicates?|dupes?|incoming|recovered|tmp|temp|unsorted|"
    r"sicherung(?:en|skopie)?|kopien?|copias?|copie|sauvegardes?|t[ée]l[ée]chargements?|descargas?|"
    r"백업|복사본|다운로드|バックアップ|コピー|ダウンロード|备份|副本|下载)(?![^\W_])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\(\d{1,2}\)$|(?<![^\W_])(?:copy|kopie|copie|copia)(?: \(?\d{1,2}\)?)?$|^copy of ", re.IGNORECASE
)


def second_copies(copies: Iterable[Copy], allowed: Callable[[int], bool]) -> set[int]:
    """Find the copies that a better one may stand for: those that a person put aside and those of no album come second.

    ``copies`` are as `LibraryStore.copies` gives them; ``allowed`` tells whether a track may be chosen at all.
    """
    found: set[int] = set()
    for _, group in itertools.groupby(copies, key=lambda copy: copy[0]):
        ordered = sorted((copy for copy in group if allowed(copy[1])), key=_worse)
        found.update(id_ for _, id_, _, _ in ordered[1:])
    return found


def _worse(copy: Copy) -> tuple[int, bool, int, int]:
    """Sorts copies, those first that are worth more: not put aside, of an album, with the shortest name."""
    _, id_, path, album = copy
    *folders, name = PurePath(path).parts
    stem = PurePath(name).stem
    aside = sum(bool(_ASIDE.search(folder)) for folder in folders) + bool(_NUMBERED.search(stem))
    return aside, album is None, len(stem), id_


def _as_long(length: float | None, other: float | None) -> bool:
    return length is None or other is None or abs(length - other) <= SAME_LENGTH


def _album(track: Track) -> tuple[str, str]:
    """An album: many are called "Greatest Hits"."""
    return folded(track.album), folded(track.album_artist or track.artist)


class Diversity:
    """Remembers what a list holds, and judges what may join it.

    Duplicates are tracks of equal content or sound, or of the same artist and title (regardless of case) whose
    lengths differ by no more than `SAME_LENGTH`, or of which one has no known length.
    """

    def __init__(self, per_artist: int | None = None, per_album: int | None = None) -> None:
        self.per_artist = per_artist
        self.per_album = per_album
        self._contents: set[str | None] = set()
        self._recordings: dict[tuple[str, str], tuple[float | None, ...]] = {}
        self._artists: dict[str, int] = {}
        self._albums: dict[tuple[str, str], int] = {}

    def copy(self) -> "Diversity":
        """Another list that holds the same so far."""
        twin = Diversity(self.per_artist, self.per_album)
        twin._contents = self._contents.copy()
        twin._recordings = self._recordings.copy()
        twin._artists = self._artists.copy()
        twin._albums = self._albums.copy()
        return twin

    def exclude(self, track: Track) -> None:
        """Keep this track and its duplicates out, without counting it for its artist."""
        self._contents |= {track.content, track.sound} - {None}
        artist, title = folded(track.artist), folded(track.title)
        if artist and title:
            lengths = self._recordings.get((artist, title), ())
            self._recordings[artist, title] = (*lengths, track.duration)

    def add(self, track: Track) -> None:
        """Put a track on the list."""
        self.exclude(track)
        artist = folded(track.artist)
        self._artists[artist] = self._artists.get(artist, 0) + 1
        album = _album(track)
        self._albums[album] = self._albums.get(album, 0) + 1

    def admits(self, track: Track) -> bool:
        """Whether a track may join the list."""
        if track.content in self._contents or track.sound in self._contents:
            return False
        artist, title = folded(track.artist), folded(track.title)
        if artist and title:
            lengths = self._recordings.get((artist, title), ())
            if any(_as_long(length, track.duration) for length in lengths):
                return False
        if self.per_album is not None and track.album and self._albums.get(_album(track), 0) >= self.per_album:
            return False
        if self.per_artist is None or artist in UNKNOWN_ARTISTS:
            return True
        return self._artists.get(artist, 0) < self.per_artist
