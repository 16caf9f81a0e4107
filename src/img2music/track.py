"""A track of the library.

Each of its fields is declared here, and nowhere else: the database, tag reading, JSON, CSV, filters and docs follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from img2music.affect import Affect
from img2music.analysis import Features
from img2music.locations import is_url, stem

LONGEST = 500
"""Characters that a field of text has at most."""
EARLIEST, LATEST = 1000, 2999
"""Years of release."""
LAST_NUMBER = 99_999
"""Number of a song on its disc, or of a disc, that is believed."""
LONGEST_SOUND = 1e7
"""Seconds of a recording: four months."""

Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]
Year = Annotated[int, msgspec.Meta(ge=EARLIEST, le=LATEST)]
Number = Annotated[int, msgspec.Meta(ge=1, le=LAST_NUMBER)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SOUND)]


class TrackKind(StrEnum):
    """What a track is."""

    MUSIC = "music"
    SPEECH = "speech"
    NOISE = "noise"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class TagNames:
    """What one field is called in each kind of tags, and in the tables that people have; the best name first."""

    id3: tuple[str, ...]  # frames of MP3, WAV, AIFF
    vorbis: tuple[str, ...]  # comments of FLAC and all that is in Ogg; in any case
    mp4: tuple[str, ...]  # atoms
    ape: tuple[str, ...]  # keys of APEv2; in any case
    asf: tuple[str, ...]  # attributes of Windows Media
    libav: tuple[str, ...] = ()  # what libav calls it, whatever RIFF, AIFF or Matroska do
    columns: tuple[str, ...] = ()  # of tables, in small letters and digits without signs and spaces
    read: Literal["text", "year", "number", "mbid"] = "text"  # what of it is kept

    @property
    def all(self) -> tuple[str, ...]:
        """The names in all kinds of tags: no two fields share one."""
        return tuple(dict.fromkeys(self.vorbis + self.id3 + self.mp4 + self.ape + self.asf + self.libav))


def tagged(*, filtered: bool = False, **names: Any) -> Any:
    """Declare a field that is read from tags, of names as `TagNames` has them; filters may look for text in it."""
    return field(default=None, metadata={"tags": TagNames(**names), "filtered": filtered})


UNLISTED = {"listed": False}
"""Metadata of a field that a table of tracks does not have."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What a sound file, or a table of songs, says about the music.

    Text is one printable line each, in which several values are joined by "; "; None where it does not say. A field
    that is added is empty in libraries that are there already, until their files are scanned for tags again.
    """

    title: Text | None = tagged(
        id3=("TIT2",),
        vorbis=("title",),
        mp4=("\xa9nam",),
        ape=("Title",),
        asf=("Title",),
        libav=("title",),
        columns=("trackname", "title", "songname", "songtitle", "tracktitle", "track", "song", "name"),
    )
    """Title."""
    artist: Text | None = tagged(
        id3=("TPE1",),
        vorbis=("artist", "performer"),
        mp4=("\xa9ART",),
        ape=("Artist",),
        asf=("Author",),
        libav=("artist", "author"),
        columns=("trackartist", "artistname", "artist", "artistnames", "artistsname", "artistsnames", "artists")  # noqa: RUF005
        + ("trackartists", "trackartistname", "mainartist", "performer", "singer", "band"),
        filtered=True,
    )
    """Artist."""
    album: Text | None = tagged(
        id3=("TALB",),
        vorbis=("album",),
        mp4=("\xa9alb",),
        ape=("Album",),
        asf=("WM/AlbumTitle",),
        libav=("album",),
        columns=("trackalbumname", "albumname", "albumtitle", "album", "release"),
        filtered=True,
    )
    """Album."""
    album_artist: Text | None = tagged(
        id3=("TPE2",),
        vorbis=("albumartist", "album artist", "album_artist"),
        mp4=("aART",),
        ape=("Album Artist",),
        asf=("WM/AlbumArtist",),
        libav=("album_artist",),
        columns=("albumartist", "albumartists", "albumartistname", "albumartistnames"),
    )
    """Artist of the whole album."""
    genre: Text | None = tagged(
        id3=("TCON",),
        vorbis=("genre",),
        mp4=("\xa9gen",),
        ape=("Genre",),
        asf=("WM/Genre",),
        libav=("genre",),
        columns=("playlistgenre", "trackgenre", "genre", "genres", "topgenre", "maingenre", "artistgenres"),
        filtered=True,
    )
    """Genre."""
    year: Year | None = tagged(
        id3=("TDRC", "TDOR", "TYER"),
        vorbis=("date", "originaldate", "year"),
        mp4=("\xa9day",),
        ape=("Year",),
        asf=("WM/Year",),
        libav=("date",),
        columns=("year", "releaseyear", "releasedyear", "yearreleased", "yearofrelease")  # noqa: RUF005
        + ("trackalbumreleasedate", "albumreleasedate", "albumreleaseyear", "albumdate", "releasedate")
        + ("datereleased",),
        read="year",
    )
    """Year of release."""
    label: Text | None = tagged(
        id3=("TPUB",),
        vorbis=("label", "publisher", "organization"),
        mp4=("----:com.apple.iTunes:LABEL", "----:com.apple.iTunes:publisher"),
        ape=("Label", "Publisher"),
        asf=("WM/Publisher",),
        libav=("publisher",),
        columns=("label", "recordlabel", "labelname", "albumlabel"),
        filtered=True,
    )
    """Record label."""
    track_number: Number | None = tagged(
        id3=("TRCK",),
        vorbis=("tracknumber",),
        mp4=("trkn",),
        ape=("Track",),
        asf=("WM/TrackNumber",),
        libav=("track",),
        columns=("tracknumber", "trackno", "tracknr"),
        read="number",
    )
    """Number on the disc."""
    disc_number: Number | None = tagged(
        id3=("TPOS",),
        vorbis=("discnumber",),
        mp4=("disk",),
        ape=("Disc",),
        asf=("WM/PartOfSet",),
        libav=("disc",),
        columns=("discnumber", "discno", "discnr"),
        read="number",
    )
    """Number of the disc within the album."""
    recording_mbid: Text | None = tagged(
        id3=("UFID:http://musicbrainz.org",),
        vorbis=("musicbrainz_trackid",),
        mp4=("----:com.apple.iTunes:MusicBrainz Track Id",),
        ape=("MUSICBRAINZ_TRACKID",),
        asf=("MusicBrainz/Track Id",),
        columns=("recordingmbid", "musicbrainzrecordingid", "musicbrainztrackid"),
        read="mbid",
    )
    """MusicBrainz's id of the recording, which tags call that of the track."""


TAG_NAMES: Mapping[str, TagNames] = {each.name: each.metadata["tags"] for each in fields(Tags)}
FILTERED = tuple(each.name for each in fields(Tags) if each.metadata["filtered"])
"""Fields in which filters look for text."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the sound of a track is: a file, a song of a music server, or nowhere."""

    scheme: str | None = None  # "file", a store's, such as "s3", or a server's, such as "spotify"; None for nowhere
    name: str = ""  # the file's absolute path, the rest of its URL, or the server's id

    def __str__(self) -> str:
        return "" if self.scheme is None else f"{self.scheme}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track(Tags):
    """One song in the library."""

    id: int
    """Number of the track in its library."""
    path: str | None
    """Absolute path, as ``os.fsdecode`` gives it (bytes that are not UTF-8 as surrogates). None for a song that is
    known from a table or a music server only; it has no ``content`` and no affect curve either."""
    identifier: str | None = None
    """Name of a song without a file, such as ``"spotify:6f807x0ima9a1j3VPbc7VN"``; no other track has it."""
    duration: Seconds | None
    """Length in seconds; None where a table does not tell."""
    missing: bool = False
    """Whether the file was gone at the last scan of its folder."""
    kind: TrackKind = TrackKind.MUSIC
    """"music", "speech", "noise", or "short" if it lasts less than five seconds."""
    affect: Affect
    """Affect of the whole track, sound and words together."""
    features: Features
    """Features of the whole track."""
    content: str | None = field(metadata=UNLISTED)
    """BLAKE2b hash of the file's bytes (hexadecimal); equal for duplicates."""
    analyzer: str = field(metadata=UNLISTED)
    """The analyzer version that measured it, or what its affect comes from."""
    sound: str | None = field(default=None, metadata=UNLISTED)
    """Hash of the encoded sound apart from tags (hexadecimal); equal for copies, however they are tagged. None until a
    scan has hashed it."""

    @property
    def location(self) -> Location:
        """Where its sound is."""
        if self.path is not None:
            return Location(*self.path.split(":", 1)) if is_url(self.path) else Location("file", self.path)
        scheme, _, name = (self.identifier or "").partition(":")
        return Location() if scheme in ("", "song", "isrc") else Location(scheme, name)  # names, but no place

    @property
    def shown_title(self) -> str:
        """The title; where there is none, the file's name without its ending, or the identifier."""
        return self.title or (stem(self.path) if self.path else self.identifier or "")

    @property
    def display_name(self) -> str:
        """What names it wherever songs are shown, as in "#17 Title - Artist"."""
        return display_name(self.id, self.shown_title, self.artist)


def display_name(id: int | None, title: str, artist: str | None) -> str:  # noqa: A002
    """What names a song wherever songs are shown, as in "#17 Title - Artist"; without a number if it has none."""
    return ("" if id is None else f"#{id} ") + title + (f" - {artist}" if artist else "")
