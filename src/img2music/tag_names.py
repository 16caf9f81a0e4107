"""How one field of a track is called elsewhere: in each kind of tags, and in the tables that people have."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagNames:
    """Names of one field, the best first."""

    id3: tuple[str, ...]  # frames of MP3, WAV, AIFF
    vorbis: tuple[str, ...]  # comments of FLAC and all that is in Ogg; in any case
    mp4: tuple[str, ...]  # atoms
    ape: tuple[str, ...]  # keys of APEv2; in any case
    asf: tuple[str, ...]  # attributes of Windows Media
    libav: tuple[str, ...] = ()  # what libav calls it, whatever RIFF, AIFF or Matroska do
    columns: tuple[str, ...] = ()  # of tables, in small letters and digits without signs and spaces
    year: bool = False  # whether it is a date of which the year is kept; else it is text

    @property
    def all(self) -> tuple[str, ...]:
        """The names in all kinds of tags: no two fields share one."""
        return tuple(dict.fromkeys(self.vorbis + self.id3 + self.mp4 + self.ape + self.asf + self.libav))


FIELDS: Mapping[str, TagNames] = {
    "title": TagNames(
        id3=("TIT2",),
        vorbis=("title",),
        mp4=("\xa9nam",),
        ape=("Title",),
        asf=("Title",),
        libav=("title",),
        columns=("trackname", "title", "songname", "songtitle", "tracktitle", "track", "song", "name"),
    ),
    "artist": TagNames(
        id3=("TPE1",),
        vorbis=("artist", "performer"),
        mp4=("\xa9ART",),
        ape=("Artist",),
        asf=("Author",),
        libav=("artist", "author"),
        columns=("trackartist", "artistname", "artist", "artistnames", "artistsname", "artistsnames", "artists")
        + ("trackartists", "trackartistname", "mainartist", "performer", "singer", "band"),
    ),
    "album": TagNames(
        id3=("TALB",),
        vorbis=("album",),
        mp4=("\xa9alb",),
        ape=("Album",),
        asf=("WM/AlbumTitle",),
        libav=("album",),
        columns=("trackalbumname", "albumname", "albumtitle", "album", "release"),
    ),
    "album_artist": TagNames(
        id3=("TPE2",),
        vorbis=("albumartist", "album artist", "album_artist"),
        mp4=("aART",),
        ape=("Album Artist",),
        asf=("WM/AlbumArtist",),
        libav=("album_artist",),
    ),
    "genre": TagNames(
        id3=("TCON",),
        vorbis=("genre",),
        mp4=("\xa9gen",),
        ape=("Genre",),
        asf=("WM/Genre",),
        libav=("genre",),
        columns=("playlistgenre", "trackgenre", "genre", "genres", "topgenre", "maingenre", "artistgenres"),
    ),
    "year": TagNames(
        id3=("TDRC", "TDOR", "TYER"),
        vorbis=("date", "originaldate", "year"),
        mp4=("\xa9day",),
        ape=("Year",),
        asf=("WM/Year",),
        libav=("date",),
        columns=("year", "releaseyear", "releasedyear", "yearreleased", "yearofrelease", "trackalbumreleasedate")
        + ("albumreleasedate", "albumreleaseyear", "albumdate", "releasedate", "datereleased"),
        year=True,
    ),
}
