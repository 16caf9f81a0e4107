"""What exchanging playlists and likes with a music server gives: shapes of results."""

from dataclasses import dataclass, field
from typing import Literal

from img2music.remarks import Remark, worded
from img2music.shapes import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSong:
    """A song of a playlist that is on both sides."""

    track: int
    """Number of the track."""
    song: str
    """The server's id of the song."""
    name: str
    """What to call it."""
    how: str
    """How that is known: by "server" (the track's sound is that song), "file", "recording", "path", "tags" or
    "hand" (a person said so)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutSong:
    """A song of a playlist that has no counterpart on the other side."""

    track: int | None
    """Number of the track, if it is a song of the library."""
    song: str | None
    """The server's id, if it is a song of the server."""
    name: str
    """What to call it."""
    why: str = field(init=False)
    """Why it has none, in English."""
    reasons: tuple[Remark, ...]
    """The same in parts."""
    candidates: tuple[str, ...] = ()
    """What it may be, the likeliest first: tracks by number, songs of the server by name."""
    candidate_ids: tuple[str, ...] = ()
    """What tells each of these: the number of a track, or the server's id."""
    unsure: bool = False
    """Whether it may be one of these after all; else they are only what is most like it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", worded(self.reasons))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ExchangeReport(Result):
    """What became of a playlist on its way."""

    schema: str
    connection: str
    """The server."""
    playlist: str
    """Its name here."""
    name: str
    """Its name there."""
    done: Literal["made", "renewed", "unchanged"]
    """What was done or, with ``dry_run``, would be."""
    dry_run: bool
    """Whether it was only to be told."""
    matched: tuple[MatchedSong, ...]
    """Songs that are in it where it went, in order."""
    left_out: tuple[LeftOutSong, ...]
    """Songs of it that the other side does not have."""
    notes: tuple[str, ...] = field(init=False)
    """What a person should know, in English."""
    remarks: tuple[Remark, ...]
    """The same in parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(map(str, self.remarks)))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PushReport(ExchangeReport):
    """What became of a playlist of the library at a server."""

    schema: Literal["img2music/playlist-push/1"] = field(default="img2music/playlist-push/1")
    id: str | None
    """The server's id of it; None before it is there."""
    needs: tuple[Literal["overwrite", "take_over"], ...]
    """Options without which it is refused, with ``dry_run``."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PullReport(ExchangeReport):
    """What became of a server's playlist in the library."""

    schema: Literal["img2music/playlist-pull/1"] = field(default="img2music/playlist-pull/1")
    id: int | None
    """Its number here; None before it is there."""
    needs: tuple[Literal["overwrite"], ...]
    """Options without which it is refused, with ``dry_run``."""
    kept: int
    """Songs that stay in it here, since the server does not have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSong:
    """A song of a playlist that is here, at a server, or both."""

    where: Literal["both", "here", "there"]
    """In which of the two playlists it is."""
    track: int | None
    """Number of the track, if the library has it."""
    song: str | None
    """The server's id, if the server has it."""
    name: str
    """What to call it."""
    why: str = field(init=False)
    """Why the other side can't have it, in English; empty where it can."""
    reasons: tuple[Remark, ...] = ()
    """The same in parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", worded(self.reasons))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlaylistComparison(Result):
    """A playlist of the library beside the one of a server that stands for it."""

    schema: Literal["img2music/playlist-diff/1"] = field(default="img2music/playlist-diff/1")
    connection: str
    """The server."""
    playlist: str
    """Its name here."""
    name: str | None
    """Its name there; None where it is not there."""
    id: str | None
    """The server's id of it."""
    same: bool
    """Whether all songs that both sides can have are in both, in the same order."""
    songs: tuple[ComparedSong, ...]
    """Those of the server's in its order, then those that are here only."""
    notes: tuple[str, ...] = field(init=False)
    """What a person should know, in English."""
    remarks: tuple[Remark, ...]
    """The same in parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(map(str, self.remarks)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlaylist:
    """A playlist of a server."""

    id: str
    """The server's id of it."""
    name: str
    """Its name there."""
    songs: int | None
    """How many it holds, if the server tells."""
    ours: bool
    """Whether img2music made it."""
    playlist: str | None
    """The playlist of the library that it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ServerPlaylistList(Result):
    """The playlists of a server."""

    schema: Literal["img2music/server-playlists/1"] = field(default="img2music/server-playlists/1")
    connection: str
    """The server."""
    playlists: tuple[ListedPlaylist, ...]
    """By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledSong:
    """A song of a server of which a person said which track it is, or that it is none."""

    song: str
    """The server's id."""
    name: str
    """What to call it."""
    track: int | None
    """Number of the track; None where it is none."""
    track_name: str | None
    """What to call that."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ServerMatch(Result):
    """Which songs of a server are tracks of the library."""

    schema: Literal["img2music/server-songs/1"] = field(default="img2music/server-songs/1")
    connection: str
    """The server."""
    songs: int
    """How many it has."""
    mapped: int
    """How many of them are tracks."""
    ways: dict[str, int]
    """How many of these are known by what: "server", "file", "recording", "path", "tags", "hand"."""
    unsure: tuple[LeftOutSong, ...]
    """Songs that may be tracks, with what they may be."""
    absent: int
    """How many are no tracks."""
    settled: tuple[SettledSong, ...] = ()
    """What a person said of songs."""
    notes: tuple[str, ...] = ()
    """What a person should know."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LikesReport(Result):
    """What became of likes between a library and a server."""

    schema: Literal["img2music/likes/1"] = field(default="img2music/likes/1")
    connection: str
    """The server."""
    to: Literal["server", "library"]
    """Where they were taken."""
    dry_run: bool
    """Whether it was only to be told."""
    new: tuple[str, ...]
    """Names of the songs that were not liked there before."""
    known: int
    """How many were."""
    left_out: tuple[LeftOutSong, ...]
    """Liked songs that the other side does not have, or that the person never wants."""
