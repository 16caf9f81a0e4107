"""A song as a table has it: words and numbers, no sound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Song:
    """One row of a table of songs; what a table does not have is None.

    Attributes
    ----------
    row : int
        Line of the table that it begins in; the header is line 1.
    title, artist, album, genre : str or None
        One line of text each.
    year : int or None
        Year of release.
    duration : float or None
        Seconds.
    identifier : str or None
        Name of the song at its source, such as ``"spotify:6f807x0ima9a1j3VPbc7VN"``.
    lyrics : str or None
        All of them, or an excerpt.
    danceability, energy, valence, acousticness, instrumentalness, liveness, speechiness : float or None
        In [0, 1], as in Spotify's audio-features table.
    tempo : float or None
        Beats per minute, greater than 0.
    key : int or None
        Pitch class of the tonic, 0 = C to 11 = B.
    mode : int or None
        1 major, 0 minor.
    loudness : float or None
        Decibels, as Spotify measures it (near LUFS).
    """

    row: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    duration: float | None = None
    identifier: str | None = None
    lyrics: str | None = None
    danceability: float | None = None
    energy: float | None = None
    valence: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    liveness: float | None = None
    speechiness: float | None = None
    tempo: float | None = None
    key: int | None = None
    mode: int | None = None
    loudness: float | None = None
