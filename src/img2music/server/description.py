"""The description of the API: OpenAPI 3.1, with the shapes of JSON that the command line has."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from fastapi import FastAPI

from img2music.affect import Affect
from img2music.app.connections import Connected, ConnectionList
from img2music.app.feedback import FeedbackList
from img2music.app.films import FilmList, FilmUpload
from img2music.app.folders import Folder
from img2music.app.mixes import GainCurves
from img2music.app.models import ModelList
from img2music.app.pictures import ExplanationShape
from img2music.app.playlists import PlaylistList, PlaylistSong, SavedPlaylist
from img2music.app.projects import Project, ProjectList, Strip
from img2music.app.server_reports import PullReport, PushReport, ServerPlaylistList
from img2music.app.sounds import Peaks
from img2music.library.jobs import Job, LogLine
from img2music.library.listing import FailureList, LibraryInfo
from img2music.library.record import Feedback
from img2music.matching.recommendation import RecommendShape
from img2music.server.guard import OPEN
from img2music.server.problems import ProblemDetails
from img2music.track import Track

Responses = dict[int | str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ConnectionKind:
    """What is at an address."""

    kind: str  # "subsonic", "jellyfin", "plex", "mpd", "immich" or "photoprism"


@dataclass(frozen=True, slots=True)
class Health:
    """How the server is."""

    status: Literal["ok"]
    version: str
    tracks: int


@dataclass(frozen=True, slots=True)
class Logins:
    """How one logs in."""

    admitted: bool  # whether who asks may use the API as it is
    password: bool  # whether there is a password, or a token that is taken for one
    oidc: bool  # whether there is an OpenID provider


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was sent, and what is read in it."""

    id: str
    name: str  # as its sender calls it
    width: int  # upright, in pixels
    height: int
    affect: Affect
    spread: Affect | None  # standard deviations of the reading
    word: str
    emotions: dict[str, float]  # probability of each basic emotion and neutral
    model: str
    note: str | None  # what is wrong with a picture that was read all the same


@dataclass(frozen=True, slots=True)
class Song:
    """A song that was sent."""

    id: str
    name: str  # as its sender calls it
    track: Track  # the library's, if it holds the same; else its id is 0


@dataclass(frozen=True, slots=True)
class EmotionList:
    """Words that may be asked for."""

    emotions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre, as tags call it."""

    name: str
    tracks: int


@dataclass(frozen=True, slots=True)
class GenreList:
    """Genres, those of most songs first."""

    genres: list[Genre]


@dataclass(frozen=True, slots=True)
class Decade:
    """Ten years, by the first of them."""

    decade: int
    tracks: int


@dataclass(frozen=True, slots=True)
class DecadeList:
    """Decades, in order."""

    decades: list[Decade]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Recordings of which there are several files."""

    recordings: list[list[Track]]
    total: int  # of which these are the first


@dataclass(frozen=True, slots=True)
class TrackPage:
    """Some of the songs, in order of id."""

    tracks: list[Track]
    next: int | None  # what the next page comes after; null at the end


@dataclass(frozen=True, slots=True)
class FolderList:
    """Folders of music that may be scanned."""

    folders: list[Folder]


@dataclass(frozen=True, slots=True)
class JobList:
    """The jobs, newest first."""

    jobs: list[Job]


@dataclass(frozen=True, slots=True)
class JobLog:
    """What a job had to say."""

    lines: list[LogLine]


@dataclass(frozen=True, slots=True)
class KeptPhotos:
    """Photos and clips that were kept for an album."""

    names: list[str]


@dataclass(frozen=True, slots=True)
class PlaylistSongs:
    """Songs in order."""

    songs: tuple[PlaylistSong, ...]


SHAPES = (
    *(Health, Logins, Picture, TrackPage, Track, Peaks, RecommendShape, FeedbackList, Feedback),
    *(FolderList, Job, JobList, JobLog, PlaylistList, SavedPlaylist, PlaylistSongs, ProblemDetails),
    *(Connected, ConnectionList, ServerPlaylistList, PushReport, PullReport),
    *(FilmList, FilmUpload, Project, ProjectList, Strip, GainCurves),
    *(Song, EmotionList, GenreList, LibraryInfo, FailureList, Duplicates, DecadeList, ModelList, ExplanationShape),
)
PROBLEM: Responses = {
    "default": {
        "description": "What went wrong (RFC 9457).",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
}
TOKEN, SESSION, CSRF = "token", "session", "change"
SCHEMES = {
    TOKEN: {"type": "http", "scheme": "bearer", "description": "IMG2MUSIC_TOKEN, where it is set."},
    SESSION: {"type": "apiKey", "in": "cookie", "name": "img2music", "description": "What POST /api/session gives."},
    CSRF: {"type": "apiKey", "in": "header", "name": "X-Img2music", "description": "1, wherever something changes."},
}


def shape(kind: type, status: int = 200) -> Responses:
    """Document an answer that is one of `SHAPES`."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {status: {"description": kind.__doc__, "content": {"application/json": {"schema": schema}}}}


def content(media_type: str, description: str, *statuses: int) -> Responses:
    """Document an answer of bytes."""
    found = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {status: {"description": description, "content": found} for status in statuses or (200,)}


def events(name: str, kind: type, description: str) -> Responses:
    """Document an answer of server-sent events, each of which holds one of `SHAPES`."""
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}
    properties = {"event": {"const": name}, "id": {"type": "string"}, "data": data}
    event = {"type": "object", "properties": properties, "required": list(properties)}
    return {200: {"description": description, "content": {"text/event-stream": {"schema": event}}}}


def install(app: FastAPI) -> None:
    """Have an application describe itself so."""
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            components = document["components"]
            components["schemas"] |= msgspec.json.schema_components(SHAPES, ref_template="#/components/schemas/{name}")[
                1
            ]
            components["securitySchemes"] = SCHEMES
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    changes: dict[str, list[str]] = {} if method in ("get", "head") else {CSRF: []}
                    logins: list[dict[str, list[str]]] = [{TOKEN: []}, {SESSION: []}]
                    needed = [] if (method.upper(), path) in OPEN else logins
                    operation["security"] = [changes, *(each | changes for each in needed)]
        return app.openapi_schema  # type: ignore[return-value]  # which was just made

    app.openapi = described  # type: ignore[method-assign]
