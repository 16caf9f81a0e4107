"""Which tracks may stand in one list: no duplicates, at most N per artist."""

from img2music.library.schema import UNKNOWN_ARTISTS, fold
from img2music.library.track import Track

SAME_LENGTH = 2.0
"""Seconds by which two encodings of one recording may differ: padding of lossy encoders and trimmed silence
stay well below it, an edit or a live version seldom does."""


def folded(text: str | None) -> str:
    """Text without regard to case and spacing; empty for none."""
    return "" if text is None else " ".join(fold(text).split())


def _as_long(length: float | None, other: float | None) -> bool:
    return length is None or other is None or abs(length - other) <= SAME_LENGTH


class Diversity:
    """Remembers what a list holds, and judges what may join it.

    Duplicates are tracks of equal content, or of the same artist and title (regardless of case) whose
    lengths differ by no more than `SAME_LENGTH`, or of which one has no known length.

    Parameters
    ----------
    per_artist : int, optional
        How many tracks of one artist the list may hold; None for any number. Unknown artists are not limited.
    """

    def __init__(self, per_artist: int | None = None) -> None:
        self.per_artist = per_artist
        self._contents: set[str] = set()
        self._recordings: dict[tuple[str, str], tuple[float | None, ...]] = {}
        self._artists: dict[str, int] = {}

    def copy(self) -> "Diversity":
        """Another list that holds the same so far."""
        twin = Diversity(self.per_artist)
        twin._contents = self._contents.copy()
        twin._recordings = self._recordings.copy()
        twin._artists = self._artists.copy()
        return twin

    def exclude(self, track: Track) -> None:
        """Keep this track and its duplicates out, without counting it for its artist."""
        if track.content is not None:
            self._contents.add(track.content)
        artist, title = folded(track.artist), folded(track.title)
        if artist and title:
            lengths = self._recordings.get((artist, title), ())
            self._recordings[artist, title] = (*lengths, track.duration)

    def add(self, track: Track) -> None:
        """Put a track on the list."""
        self.exclude(track)
        artist = folded(track.artist)
        self._artists[artist] = self._artists.get(artist, 0) + 1

    def admits(self, track: Track) -> bool:
        """Whether a track may join the list."""
        if track.content in self._contents:
            return False
        artist, title = folded(track.artist), folded(track.title)
        if artist and title:
            lengths = self._recordings.get((artist, title), ())
            if any(_as_long(length, track.duration) for length in lengths):
                return False
        if self.per_artist is None or artist in UNKNOWN_ARTISTS:
            return True
        return self._artists.get(artist, 0) < self.per_artist
