"""What is asked over HTTP, and the answers."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, HTTPException, Request, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from img2music import __version__
from img2music.affect import Affect
from img2music.app.feedback import FeedbackList, LibraryFeedback
from img2music.app.library import Library
from img2music.errors import UsageError, shown
from img2music.filters import TrackFilter
from img2music.library.record import Feedback
from img2music.matching.passages import Passage
from img2music.matching.playlists import FORMATS
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Match, Recommendation, Recommendations, RecommendShape
from img2music.options import ME, MatchMode
from img2music.server.guard import COOKIE, LASTS, Sessions
from img2music.server.problems import responses
from img2music.server.sound import SoundCache
from img2music.server.uploads import MOST_BYTES, Upload, Uploads
from img2music.shapes import dumps, to_dict
from img2music.track import Track

Responses = dict[int | str, dict[str, Any]]

MOST_MATCHES = 500
MOST_ID = 2**63 - 1
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
TrackId = Annotated[int, Field(ge=1, le=MOST_ID)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Person = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """What is sent; nothing else is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Point(Body):
    """A point of the affect plane."""

    valence: Unit
    arousal: Unit


class Health(BaseModel):
    """How the server is."""

    status: str = "ok"
    version: str
    tracks: int


class Password(Body):
    """What one logs in with."""

    password: str = Field(max_length=1000)


class Picture(BaseModel):
    """A picture that was sent, and what is read in it."""

    id: str
    name: str
    width: int
    height: int
    affect: Point
    spread: Point | None
    word: str


class Asked(Body):
    """What songs are looked for with: one of these."""

    picture: Id | None = None
    track: TrackId | None = None
    point: Point | None = None
    emotion: str | None = Field(None, max_length=100)


class RecommendRequest(Body):
    """What is asked for."""

    query: Asked
    limit: int = Field(20, ge=1, le=MOST_MATCHES)
    absolute: bool = False
    person: Person = ME
    filters: dict[str, str | int | float | bool | list[str] | None] = {}


class Says(Body):
    """What a person says: one of these."""

    affect: Point | None = None
    position: Point | None = Field(None, description="Where a picture belongs in the space of the relative match.")
    like: bool | None = Field(None, description="true")
    never: bool | None = Field(None, description="true")
    fits: bool | None = Field(None, description="Whether the track fits the picture.")


class FeedbackRequest(Body):
    """What is said of what."""

    person: Person = ME
    picture: Id | None = None
    track: TrackId | None = None
    says: Says


class Chosen(Body):
    """A song of a playlist, with the passage that is meant."""

    id: TrackId
    start: float | None = Field(None, ge=0.0)
    end: float | None = Field(None, ge=0.0)


class PlaylistRequest(Body):
    """A playlist to download."""

    name: str = Field("img2music", max_length=200)
    format: str = "m3u8"
    tracks: list[Chosen] = Field(min_length=1, max_length=10_000)


def _shape(kind: type, description: str, status: int = 200) -> Responses:
    """Document an answer that is one of the documented shapes."""
    schema = {"type": "object", "title": kind.__name__}
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}}


@dataclass(frozen=True)
class Served:
    """What routes answer from."""

    library: Library
    uploads: Uploads
    sounds: SoundCache
    sessions: Sessions

    def track(self, id: int) -> Track:  # noqa: A002
        """Find a song."""
        try:
            return self.library[id]
        except KeyError:
            raise HTTPException(404, f"There is no song {id}.") from None

    def sound(self, id: int) -> Track:  # noqa: A002
        """Find a song whose file is there."""
        track = self.track(id)
        if track.path is None or not Path(track.path).is_file():
            raise HTTPException(404, "The file of this song is not there.")
        return track

    def picture(self, id: str) -> Upload:  # noqa: A002
        """Find a picture that was sent."""
        found = self.uploads.get(id)
        if found is None:
            raise HTTPException(404, "This picture is no longer there: send it again.")
        return found


def router(served: Served) -> APIRouter:
    """Make the routes of one served.library."""
    routes = APIRouter(prefix="/api")
    for add in (_add_session, _add_pictures, _add_recommend, _add_songs, _add_feedback):
        add(routes, served)
    return routes


def _add_session(routes: APIRouter, served: Served) -> None:
    @routes.get("/health")
    def health() -> Health:
        """How the server is."""
        return Health(version=__version__, tracks=len(served.library))

    @routes.post("/session", status_code=204, responses=responses(401, 403, 413, 422))
    async def login(body: Password, request: Request) -> Response:
        """Log in."""
        name = await served.sessions.login(body.password)
        if name is None:
            raise HTTPException(401, "This is not the password.")
        answer = Response(status_code=204)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, name, max_age=int(LASTS), httponly=True, samesite="strict", secure=secure)
        return answer

    @routes.delete("/session", status_code=204, responses=responses(403))
    def logout(request: Request) -> Response:
        """Log out."""
        served.sessions.logout(request.cookies.get(COOKIE, ""))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer


def _add_pictures(routes: APIRouter, served: Served) -> None:
    @routes.post("/pictures", status_code=201, responses=responses(401, 403, 413, 422))
    def send_picture(file: Annotated[UploadFile, File()]) -> Picture:
        """Send a picture and have it read."""
        if file.size is not None and file.size > MOST_BYTES:
            raise HTTPException(413, f"The picture is larger than {MOST_BYTES >> 20} MB.")
        upload = served.uploads.add(file.file, file.filename or "")
        read = upload.analysis
        return Picture(
            id=upload.id,
            name=upload.name,
            width=read.width,
            height=read.height,
            affect=Point(valence=read.affect.valence, arousal=read.affect.arousal),
            spread=None if read.spread is None else Point(valence=read.spread[0], arousal=read.spread[1]),
            word=read.affect.word,
        )

    @routes.get("/pictures/{id}/thumbnail", response_class=Response, responses=_image() | responses(401, 404, 422))
    def thumbnail(id: Id) -> Response:  # noqa: A002
        """Show a picture that was sent, small."""
        return Response(served.picture(id).thumbnail, media_type="image/jpeg")

    @routes.delete("/pictures/{id}", status_code=204, responses=responses(401, 403, 404, 422))
    def forget_picture(id: Id) -> None:  # noqa: A002
        """Forget a picture that was sent."""
        served.picture(id)
        served.uploads.remove(id)


def _add_recommend(routes: APIRouter, served: Served) -> None:
    @routes.post(
        "/recommend",
        response_class=Response,
        responses=_shape(RecommendShape, "`img2music/recommend/2`") | responses(401, 403, 404, 413, 422),
    )
    def recommend(body: RecommendRequest) -> Response:
        """Recommend songs for a picture, a song, a point or a word."""
        given = _one_of(body.query, "query")
        options: dict[str, Any] = {
            "top": body.limit,
            "match": MatchMode.ABSOLUTE if body.absolute else MatchMode.RELATIVE,
            "person": body.person,
            "where": _filter(body.filters),
        }
        name = None
        if given == "picture":
            upload = served.picture(str(body.query.picture))
            name = upload.name
            found = served.library.recommend(str(upload.path), **options)
        elif given == "track":
            served.track(int(body.query.track or 0))
            found = served.library.recommend(f"#{body.query.track}", **options)
        elif given == "point":
            found = served.library.recommend(affects=_affect(body.query.point), **options)
        else:
            found = served.library.recommend(emotion=body.query.emotion, **options)
        if name is not None:  # not where the upload lies
            named = (dataclasses.replace(one, query=_named(one.query, name)) for one in found)
            found = dataclasses.replace(found, recommendations=tuple(named))
        return _json(found.to_json())

    @routes.post(
        "/playlists/export",
        response_class=Response,
        responses=_file() | responses(401, 403, 404, 413, 422),
    )
    def export(body: PlaylistRequest) -> Response:
        """Download songs as a playlist."""
        format_ = FORMATS.named(body.format)
        matches = tuple(_match(rank, served.track(each.id), each) for rank, each in enumerate(body.tracks, start=1))
        middle = Affect(0.5, 0.5)
        one = Recommendation(Query(QueryKind.POINT, middle), (0.5, 0.5), matches)
        content = format_.write(Recommendations(MatchMode.RELATIVE, False, (one,)), None)
        return Response(
            content,
            media_type="application/octet-stream",
            headers={"content-disposition": f'attachment; filename="playlist.{format_.name}"'},
        )


def _add_songs(routes: APIRouter, served: Served) -> None:
    @routes.get("/tracks/{id}", response_class=Response, responses=_shape(Track, "A song.") | responses(401, 404, 422))
    def track(id: TrackId) -> Response:  # noqa: A002
        """Tell what is known of a song."""
        return _json(dumps(to_dict(served.track(id))))

    def audio(id: TrackId) -> FileResponse:  # noqa: A002
        """Play a song: its file, or Opus where browsers don't play that; by ranges of bytes as well."""
        path, media_type = served.sounds.playable(served.sound(id))
        return FileResponse(path, media_type=media_type, headers={"cache-control": "private, max-age=3600"})

    for method in ("GET", "HEAD"):
        routes.add_api_route(
            "/tracks/{id}/audio",
            audio,
            methods=[method],
            operation_id=f"audio_{method.lower()}",
            response_class=FileResponse,
            responses=_sound() | responses(400, 401, 404, 416, 422),
        )

    @routes.get("/tracks/{id}/peaks", response_class=FileResponse, responses=responses(401, 404, 422))
    def peaks(id: TrackId) -> FileResponse:  # noqa: A002
        """Give the largest levels along a song, from 0 to 255, so many a second."""
        return FileResponse(served.sounds.peaks(served.sound(id)), media_type="application/json")

    @routes.get("/tracks/{id}/cover", response_class=FileResponse, responses=_image() | responses(401, 404, 422))
    def cover(id: TrackId) -> FileResponse:  # noqa: A002
        """Show the cover of a song's album."""
        found = served.sounds.cover(served.sound(id))
        if found is None:
            raise HTTPException(404, "This song has no cover.")
        return FileResponse(found, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})


def _add_feedback(routes: APIRouter, served: Served) -> None:
    @routes.get(
        "/feedback",
        response_class=Response,
        responses=_shape(FeedbackList, "`img2music/feedback/1`") | responses(401, 422),
    )
    def list_feedback(person: Person = ME) -> Response:
        """List what a person said."""
        return _json(served.library.feedback.list(person).to_json())

    @routes.post(
        "/feedback",
        status_code=201,
        response_class=Response,
        responses=_shape(Feedback, "As it was stored.", 201) | responses(401, 403, 404, 413, 422),
    )
    def say(body: FeedbackRequest) -> Response:
        """Say what a picture or a song feels like, whether one likes a song, or whether it fits a picture."""
        kind = _one_of(body.says, "says")
        if body.says.like is False or body.says.never is False:
            raise UsageError("`like` and `never` are true; take back what was said instead.")
        picture = None if body.picture is None else str(served.picture(body.picture).path)
        track = None if body.track is None else served.track(body.track)
        person, feedback = body.person, served.library.feedback
        if kind in {"affect", "position"}:
            said = _feels(feedback, body, _only(picture, track))
        elif track is None:
            raise UsageError(f"`{kind}` is said of a `track`.")
        elif kind == "fits":
            if picture is None:
                raise UsageError("`fits` is said of a `track` with a `picture`.")
            pair: Callable[..., Feedback] = (
                served.library.feedback.fits if body.says.fits else served.library.feedback.unfit
            )
            said = pair(track, picture, person=person)
        else:
            said = (served.library.feedback.like if kind == "like" else served.library.feedback.never)(
                track, person=person
            )
        return _json(dumps(to_dict(said)), 201)

    @routes.delete("/feedback/{id}", status_code=204, responses=responses(401, 403, 404, 422))
    def take_back(id: TrackId, person: Person = ME) -> None:  # noqa: A002
        """Take back what was said."""
        try:
            served.library.feedback.undo(id, person=person)
        except UsageError as error:
            raise HTTPException(404, str(error)) from error


def _feels(feedback: LibraryFeedback, body: FeedbackRequest, item: str | Track) -> Feedback:
    if body.says.position is None:
        felt = _affect(body.says.affect)
        return feedback.affect(item, felt.valence, felt.arousal, person=body.person)
    if not isinstance(item, str):
        raise UsageError("`position` is said of a `picture`.")
    return feedback.position(item, body.says.position.valence, body.says.position.arousal, person=body.person)


def _one_of(body: Body, name: str) -> str:
    given = [each for each, value in body if value is not None]
    if len(given) != 1:
        raise UsageError(f"`{name}` takes exactly one of {', '.join(type(body).model_fields)}.")
    return given[0]


def _only(picture: str | None, track: Track | None) -> str | Track:
    if picture is not None and track is None:
        return picture
    if track is not None and picture is None:
        return track
    raise UsageError("An affect is said of either a `picture` or a `track`.")


def _affect(point: Point | None) -> Affect:
    if point is None:
        raise UsageError("a point lacks.")
    return Affect(point.valence, point.arousal)


def _filter(filters: dict[str, Any]) -> TrackFilter:
    known = {each.name for each in dataclasses.fields(TrackFilter)}
    for name in filters:
        if name not in known:
            raise UsageError(f"{shown(name)} is no filter; there are {', '.join(sorted(known))}.")
    given: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in filters.items()}
    return TrackFilter(**given)


def _named(query: Query, name: str) -> Query:
    return dataclasses.replace(query, path=name)


def _match(rank: int, track: Track, chosen: Chosen) -> Match:
    affect = (track.affect.valence, track.affect.arousal)
    passage = None if chosen.start is None or chosen.end is None else Passage(chosen.start, chosen.end)
    return Match(rank, track, affect, 0.0, 1.0, passage, "")


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


def _image() -> Responses:
    content = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": "A JPEG picture.", "content": content}}


def _file() -> Responses:
    return {200: {"description": "A file.", "content": {"application/octet-stream": {}}}}


def _sound() -> Responses:
    content = {"audio/*": {"schema": {"type": "string", "format": "binary"}}}
    said = {200: "The whole file.", 206: "The bytes that were asked for."}
    return {status: {"description": description, "content": content} for status, description in said.items()}
