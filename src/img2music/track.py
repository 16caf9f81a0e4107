"""A track of the library."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from img2music.affect import Affect
from img2music.analysis import Features


class TrackKind(StrEnum):
    """What a track is."""

    MUSIC = "music"
    SPEECH = "speech"
    NOISE = "noise"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Track:
    """One song in the library.

    Attributes
    ----------
    id : int
        Number of the track in its library.
    path : str or None
        Absolute path, as ``os.fsdecode`` gives it (bytes that are not UTF-8 as surrogates). None for a song that is
        known from a table only; it has no ``content`` and no affect curve either.
    title, artist, album, album_artist, genre : str or None
        From the file's tags, or the table. ``title`` falls back to the file's name where it is shown, not here.
    year : int or None
        Year of release.
    duration : float or None
        Length in seconds; None where a table does not tell.
    content : str or None
        BLAKE2b hash of the file's bytes (hexadecimal); equal for duplicates.
    analyzer : str
        The analyzer version that measured it, or what its affect comes from.
    missing : bool
        Whether the file was gone at the last scan of its folder.
    affect : Affect
        Affect of the whole track.
    features : Features
        Features of the whole track.
    identifier : str or None
        Name of a song without a file, such as ``"spotify:6f807x0ima9a1j3VPbc7VN"``; no other track has it.
    sound : str or None
        Hash of the encoded sound apart from tags (hexadecimal); equal for copies, however they are tagged. None until a
        scan has hashed it.
    kind : TrackKind
        "music", "speech", "noise", or "short" if it lasts less than five seconds.
    """

    id: int
    path: str | None
    title: str | None
    artist: str | None
    album: str | None
    album_artist: str | None
    genre: str | None
    year: int | None
    duration: float | None
    content: str | None
    analyzer: str
    missing: bool
    affect: Affect
    features: Features
    identifier: str | None = None
    sound: str | None = None
    kind: TrackKind = TrackKind.MUSIC

    @property
    def shown_title(self) -> str:
        """The title; where there is none, the file's name without its ending, or the identifier."""
        return self.title or (PurePath(self.path).stem if self.path else self.identifier or "")

    @property
    def label(self) -> str:
        """What names it wherever songs are shown, as in "#17 Title - Artist"."""
        return label(self.id, self.shown_title, self.artist)


def label(number: int | None, title: str, artist: str | None) -> str:
    """What names a song wherever songs are shown, as in "#17 Title - Artist"; without a number if it has none."""
    return ("" if number is None else f"#{number} ") + title + (f" - {artist}" if artist else "")
