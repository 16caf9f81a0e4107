"""A song as a table has it: words and numbers, no sound."""

from dataclasses import dataclass

from img2music.track import Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Song(Tags):
    """One row of a table of songs; what a table does not have is None."""

    row: int  # line of the table that it begins in; the header is line 1
    duration: float | None = None  # seconds
    identifier: str | None = None  # name of the song at its source, such as "spotify:6f807x0ima9a1j3VPbc7VN"
    lyrics: str | None = None  # all of them, or an excerpt
    danceability: float | None = None  # in [0, 1], as in Spotify's audio-features table
    energy: float | None = None  # in [0, 1], as in Spotify's audio-features table
    valence: float | None = None  # in [0, 1], as in Spotify's audio-features table
    acousticness: float | None = None  # in [0, 1], as in Spotify's audio-features table
    instrumentalness: float | None = None  # in [0, 1], as in Spotify's audio-features table
    liveness: float | None = None  # in [0, 1], as in Spotify's audio-features table
    speechiness: float | None = None  # in [0, 1], as in Spotify's audio-features table
    tempo: float | None = None  # beats per minute, greater than 0
    key: int | None = None  # pitch class of the tonic, 0 = C to 11 = B
    mode: int | None = None  # 1 major, 0 minor
    loudness: float | None = None  # decibels, as Spotify measures it (near LUFS)
