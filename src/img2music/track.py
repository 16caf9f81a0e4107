"""A track of the library.

Each of its fields is declared here, and nowhere else: the database, tag reading, JSON, CSV, filters and docs follow.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Literal

from img2music.affect import Affect
from img2music.analysis import Features


class TrackKind(StrEnum):
    """What a track is."""

    MUSIC = "music"
    SPEECH = "speech"
    NOISE = "noise"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class TagNames:
    """Names of one tag in the kinds of tags that sound files have; in each kind the first that is there counts."""

    id3: tuple[str, ...] = ()  # frames of ID3v2: MP3, WAV, AIFF
    vorbis: tuple[str, ...] = ()  # Vorbis comments: FLAC, Ogg, Opus; FFmpeg uses the same names for other containers
    mp4: tuple[str, ...] = ()
    ape: tuple[str, ...] = ()  # APEv2: Monkey's Audio, WavPack, Musepack, some MP3s
    asf: tuple[str, ...] = ()  # WMA
    riff: tuple[str, ...] = ()  # RIFF INFO: WAV


def about(
    doc: str,
    *,
    tags: TagNames | None = None,
    filter: Literal["text"] | None = None,  # noqa: A002
    listed: bool = True,
) -> dict[str, Any]:
    """Metadata of a field: what it is, the tags it is read from, how one may filter by it, and whether CSV has it."""
    return {"doc": doc, "tags": tags, "filter": filter, "listed": listed}


@dataclass(frozen=True, slots=True)
class Tags:
    """What a sound file, or a table of songs, says about the music: one line of printable text each.

    Several values are joined by "; ".
    """

    title: str | None = field(
        default=None,
        metadata=about(
            "Title.",
            tags=TagNames(("TIT2",), ("title",), ("\xa9nam",), ("Title",), ("Title",), ("INAM",)),
        ),
    )
    artist: str | None = field(
        default=None,
        metadata=about(
            "Artist.",
            tags=TagNames(
                ("TPE1",), ("artist", "author", "performer"), ("\xa9ART",), ("Artist",), ("Author",), ("IART",)
            ),
            filter="text",
        ),
    )
    album: str | None = field(
        default=None,
        metadata=about(
            "Album.",
            tags=TagNames(("TALB",), ("album",), ("\xa9alb",), ("Album",), ("WM/AlbumTitle",), ("IPRD",)),
            filter="text",
        ),
    )
    album_artist: str | None = field(
        default=None,
        metadata=about(
            "Artist of the whole album.",
            tags=TagNames(
                ("TPE2",),
                ("albumartist", "album artist", "album_artist"),
                ("aART",),
                ("Album Artist", "AlbumArtist"),
                ("WM/AlbumArtist",),
            ),
        ),
    )
    genre: str | None = field(
        default=None,
        metadata=about(
            "Genre.",
            tags=TagNames(("TCON",), ("genre",), ("\xa9gen",), ("Genre",), ("WM/Genre",), ("IGNR",)),
            filter="text",
        ),
    )
    year: int | None = field(
        default=None,
        metadata=about(
            "Year of release.",
            tags=TagNames(
                ("TDRC", "TDOR", "TYER"),
                ("date", "originaldate", "year"),
                ("\xa9day",),
                ("Year",),
                ("WM/Year",),
                ("ICRD",),
            ),
        ),
    )
    label: str | None = field(
        default=None,
        metadata=about(
            "Record label.",
            tags=TagNames(
                ("TPUB",),
                ("label", "publisher", "organization"),
                ("----:com.apple.iTunes:LABEL", "----:com.apple.iTunes:publisher"),
                ("Label", "Publisher"),
                ("WM/Publisher",),
                ("IPUB",),
            ),
            filter="text",
        ),
    )


@dataclass(frozen=True, slots=True)
class Location:
    """Where the sound of a track is: a file, a song of a music server, or nowhere."""

    scheme: str | None = None  # "file", or the server's, such as "spotify"; None for nowhere
    name: str = ""  # the file's absolute path, or the server's id

    def __str__(self) -> str:
        return "" if self.scheme is None else f"{self.scheme}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track(Tags):
    """One song in the library."""

    id: int = field(metadata=about("Number of the track in its library."))
    path: str | None = field(
        metadata=about(
            "Absolute path, as ``os.fsdecode`` gives it (bytes that are not UTF-8 as surrogates). None for a song that "
            "is known from a table or a music server only; it has no ``content`` and no affect curve either."
        )
    )
    identifier: str | None = field(
        default=None,
        metadata=about(
            'Name of a song without a file, such as ``"spotify:6f807x0ima9a1j3VPbc7VN"``; no other track has it.'
        ),
    )
    duration: float | None = field(metadata=about("Length in seconds; None where a table does not tell."))
    missing: bool = field(default=False, metadata=about("Whether the file was gone at the last scan of its folder."))
    kind: TrackKind = field(
        default=TrackKind.MUSIC,
        metadata=about('"music", "speech", "noise", or "short" if it lasts less than five seconds.'),
    )
    affect: Affect = field(metadata=about("Affect of the whole track, sound and words together."))
    features: Features = field(metadata=about("Features of the whole track."))
    content: str | None = field(
        metadata=about("BLAKE2b hash of the file's bytes (hexadecimal); equal for duplicates.", listed=False)
    )
    analyzer: str = field(
        metadata=about("The analyzer version that measured it, or what its affect comes from.", listed=False)
    )
    sound: str | None = field(
        default=None,
        metadata=about(
            "Hash of the encoded sound apart from tags (hexadecimal); equal for copies, however they are tagged. None "
            "until a scan has hashed it.",
            listed=False,
        ),
    )

    @property
    def location(self) -> Location:
        """Where its sound is."""
        if self.path is not None:
            return Location("file", self.path)
        scheme, _, name = (self.identifier or "").partition(":")
        return Location() if scheme in ("", "song", "isrc") else Location(scheme, name)  # names, but no place

    @property
    def shown_title(self) -> str:
        """The title; where there is none, the file's name without its ending, or the identifier."""
        return self.title or (PurePath(self.path).stem if self.path else self.identifier or "")

    @property
    def display_name(self) -> str:
        """What names it wherever songs are shown, as in "#17 Title - Artist"."""
        return display_name(self.id, self.shown_title, self.artist)


def display_name(id: int | None, title: str, artist: str | None) -> str:  # noqa: A002
    """What names a song wherever songs are shown, as in "#17 Title - Artist"; without a number if it has none."""
    return ("" if id is None else f"#{id} ") + title + (f" - {artist}" if artist else "")
