"""Films with their music: read, changed by hand, heard and rendered."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Form, Header, HTTPException, Query, Request, Response, UploadFile

from img2music.app.film_views import HIGHEST, MOST_STILLS
from img2music.app.films import MOST_PART, FilmList, FilmUpload
from img2music.app.mixes import LONGEST as LONGEST_MIX
from img2music.app.mixes import GainCurves
from img2music.app.projects import Project, ProjectList, Strip
from img2music.app.sounds import Peaks
from img2music.errors import InputError, UsageError
from img2music.library.jobs import Job
from img2music.library.record import as_name
from img2music.server.bodies import (
    LONGEST,
    LONGEST_PATH,
    EditRequest,
    FilmId,
    MorePhotos,
    NewFilm,
    NewProject,
    ProjectChange,
    RenderRequest,
    Revision,
    TrackId,
)
from img2music.server.description import KeptPhotos, content, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.routes.tracks import AN_HOUR, UNCHANGED, Ranges, file_answer, unchanged
from img2music.server.served import Served, as_json
from img2music.server.uploads import MOST_PROJECT
from img2music.soundtrack.cue_sheet import finite
from img2music.soundtrack.editing import Swap

LARGEST_PHOTO = 1600
"""Pixels of the longer side of a photo that is shown."""
Given = ParamSpec("Given")
Found = TypeVar("Found")
RevisionNumber = Annotated[int, Query(ge=1, lt=2**63)]
Seconds = Annotated[float, Query(ge=0.0, le=1e6, allow_inf_nan=False)]
ChangeKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST,
        description="Of this change alone: asked for once more with it, as its answer was lost, it is made once.",
    ),
]


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    _add_films(routes, served)
    _add_views(routes, served)
    _add_albums(routes, served)
    _add_sound(routes, served)
    projects = served.projects

    @routes.get("/projects", response_class=Response, responses=shape(ProjectList))
    def list_projects() -> Response:
        """List the projects, the last changed first."""
        return as_json(projects.list())

    @routes.post("/projects", status_code=201, response_class=Response, responses=shape(Project, 201))
    def begin_project(body: NewProject) -> Response:
        """Begin a project of a film in an allowed folder, or of one that was sent; a job of kind `film` reads it.

        With `folder`, or with `pictures` and `clips` that were sent, of an album, which such a job reads as well.
        """
        if body.folder is not None or body.pictures or body.clips:
            return as_json(_begin_album(body, served), 201)
        path, name = _film(body.film, body.upload, served)
        with _kept(path, served):
            return as_json(projects.add(path, body.name or as_name(name), served.spot_options(body.options)), 201)

    @routes.post("/projects/import", status_code=201, response_class=Response, responses=shape(Project, 201))
    def import_project(
        file: Annotated[UploadFile, File()],
        film: Annotated[str | None, Form(max_length=LONGEST_PATH)] = None,
        upload: Annotated[str | None, Form(max_length=LONGEST)] = None,
    ) -> Response:
        """Go on with a project that was exported on another machine, with the film as it lies here.

        Of an album, `film` is the folder in which its photos lie.
        """
        try:
            found = json.loads(file.file.read(MOST_PROJECT), parse_float=finite, parse_constant=finite)
        except (ValueError, RecursionError):
            raise UsageError("This is no project: it is not JSON with finite numbers.") from None
        if film is not None and upload is None and _of_album(found):
            return as_json(projects.take_up(_folder(film, served), found, file.filename or "project"), 201)
        path, _ = _film(film, upload, served)
        with _kept(path, served):
            return as_json(projects.take_up(path, found, file.filename or "project"), 201)

    @routes.get("/projects/{id}", response_class=Response, responses=shape(Project))
    def project(id: TrackId) -> Response:  # noqa: A002
        """Read a project."""
        return as_json(_of(projects.read, id))

    @routes.patch("/projects/{id}", response_class=Response, responses=shape(Project))
    def rename_project(id: TrackId, body: ProjectChange, key: ChangeKey = None) -> Response:  # noqa: A002
        """Give a project another name; 409 if it was changed meanwhile."""
        return as_json(_once(served, id, key, projects.rename, body.revision, body.name))

    @routes.delete("/projects/{id}", status_code=204)
    def forget_project(id: TrackId, revision: Annotated[int, Query(ge=1, lt=2**63)]) -> None:  # noqa: A002
        """Forget a project with all its steps, and its film if that was sent; 409 if it was changed meanwhile."""
        _of(projects.remove, id, revision)

    _add_edits(routes, served)


def _add_edits(routes: APIRouter, served: Served) -> None:
    projects = served.projects
    one_at_a_time = CapacityLimiter(1)  # music is chosen by all processors

    @routes.post("/projects/{id}/edits", response_class=Response, responses=shape(Project))
    async def edit(id: TrackId, body: EditRequest, key: ChangeKey = None) -> Response:  # noqa: A002
        """Change a project by hand; 409 if it was changed meanwhile."""
        made = run_sync(_once, served, id, key, projects.edit, body.revision, body.edit.made, limiter=one_at_a_time)
        return as_json(await made)

    @routes.post("/projects/{id}/undo", response_class=Response, responses=shape(Project))
    def undo(id: TrackId, body: Revision, key: ChangeKey = None) -> Response:  # noqa: A002
        """Take the last change back; 409 if the project was changed meanwhile."""
        return as_json(_once(served, id, key, projects.undo, body.revision))

    @routes.post("/projects/{id}/redo", response_class=Response, responses=shape(Project))
    def redo(id: TrackId, body: Revision, key: ChangeKey = None) -> Response:  # noqa: A002
        """Make the last change again that was taken back; 409 if the project was changed meanwhile."""
        return as_json(_once(served, id, key, projects.redo, body.revision))


def _add_views(routes: APIRouter, served: Served) -> None:
    projects = served.projects

    @routes.get("/projects/{id}/strip", response_class=Response, responses=shape(Strip))
    def strip(id: TrackId) -> Response:  # noqa: A002
        """Give what is drawn along a film: its affect, cuts and speech; nothing until it was read."""
        return as_json(_of(projects.strip, id))

    few = CapacityLimiter(2)  # whoever waits holds no thread that quick answers need

    @routes.get(
        "/projects/{id}/frames", response_class=Response, responses=content("image/jpeg", "The row.") | UNCHANGED
    )
    async def frames(
        *,
        id: TrackId,  # noqa: A002
        start: Seconds,
        end: Seconds,
        count: Annotated[int, Query(ge=1, le=MOST_STILLS)],
        height: Annotated[int, Query(ge=16, le=HIGHEST)],
        request: Request,
    ) -> Response:
        """Show pictures of a part of a film in a row, each `height` pixels high, at even distances from `start` on."""
        row = await run_sync(_of, projects.row, id, start, end, count, height, limiter=few)
        return file_answer(row, "image/jpeg", request)

    @routes.get("/projects/{id}/peaks", response_class=Response, responses=shape(Peaks) | UNCHANGED)
    async def film_peaks(id: TrackId, request: Request) -> Response:  # noqa: A002
        """Give what the waveform of a film's own sound is drawn from; of an album, that of the sound of its clips."""
        found = await run_sync(_of, projects.peaks, id, limiter=few)
        return as_json(found) if isinstance(found, Peaks) else file_answer(found, "application/json", request)

    async def film(id: TrackId, request: Request) -> Response:  # noqa: A002
        """Play a film: its file, or a small copy where browsers don't play that; 409 until there is one."""
        found = await run_sync(_of, projects.playable, id)
        if found is None:
            raise TypedProblem(409, ProblemType.NOT_READY, "A copy of this film that browsers play is being made.")
        path, kind = found
        answer = Ranges(path, media_type=kind, headers=AN_HOUR, stat_result=await run_sync(os.stat, path))
        return unchanged(request, answer.headers["etag"]) or answer

    played = content("video/*", "The film, or the bytes of it that were asked for.", 200, 206) | UNCHANGED
    for method in ("GET", "HEAD"):
        name = f"film_{method.lower()}"
        routes.add_api_route(
            "/projects/{id}/film", film, methods=[method], operation_id=name, response_class=Ranges, responses=played
        )

    @routes.post("/projects/{id}/render", status_code=202, response_class=Response, responses=shape(Job, 202))
    def render(id: TrackId, body: RenderRequest) -> Response:  # noqa: A002
        """Have a film written with its music, or its music alone, by a job whose file is then to be downloaded."""
        return as_json(_of(projects.render, id, body.revision, body.kind), 202)

    @routes.get(
        "/projects/{id}/export", response_class=Response, responses=content("application/octet-stream", "The file.")
    )
    def export_project(id: TrackId, format: Annotated[str, Query(max_length=LONGEST)]) -> Response:  # noqa: A002
        """Download a project's sheet: as JSON, as a timeline for an editor, as chapters or as tables."""
        written, name = _of(projects.exported, id, format)
        name = quote(name.encode("utf-8", "replace"), safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(written, media_type="application/octet-stream", headers=headers)


def _add_albums(routes: APIRouter, served: Served) -> None:
    projects = served.projects
    few = CapacityLimiter(4)

    @routes.get(
        "/projects/{id}/photos", response_class=Response, responses=content("image/jpeg", "The photo.") | UNCHANGED
    )
    async def photo(
        *,
        id: TrackId,  # noqa: A002
        path: Annotated[str, Query(max_length=LONGEST_PATH)],
        side: Annotated[int, Query(ge=16, le=LARGEST_PHOTO)],
        request: Request,
    ) -> Response:
        """Show a photo of an album, or the beginning of a clip, `side` pixels wide or high at most."""
        try:
            shown = await run_sync(_of, projects.photo, id, path, side, limiter=few)
        except IndexError:
            raise HTTPException(404, "This is no photo of this album.") from None
        return file_answer(shown, "image/jpeg", request)

    @routes.post("/projects/{id}/photos", status_code=201, response_class=Response, responses=shape(KeptPhotos, 201))
    def keep_photos(id: TrackId, body: MorePhotos) -> Response:  # noqa: A002
        """Keep photos and clips for an album whose photos were sent; `photo-add` shows those of these names."""
        with _sent_files(body, served) as files:
            return as_json(KeptPhotos([*_of(projects.keep_photos, id, files)]), 201)

    @routes.post("/projects/{id}/preview", status_code=202, response_class=Response, responses=shape(Project, 202))
    def preview(id: TrackId) -> Response:  # noqa: A002
        """Have an album drawn, small, as it is now, by a job of kind `proxy`; every edit asks for that too."""
        return as_json(_of(projects.preview, id), 202)


def _add_sound(routes: APIRouter, served: Served) -> None:
    projects = served.projects
    few = CapacityLimiter(2)

    @routes.get("/projects/{id}/mix", response_class=Response, responses=content("audio/wav", "The part."))
    async def mix(
        *,
        id: TrackId,  # noqa: A002
        revision: RevisionNumber,
        start: Seconds,
        seconds: Annotated[float, Query(gt=0.0, le=LONGEST_MIX)],
        cue: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
        alternative: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
        track: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    ) -> Response:
        """Hear a part of a film: its music and its own sound as they are rendered, 48 kHz in stereo.

        With `cue` and one of `alternative` and `track`, as it would be with that song. The header `X-Mastered` says
        whether it is `exact`, or `estimated` while the loudness of the whole is being measured.
        """
        tried = None if cue is None else Swap(cue, alternative, track)
        heard, exact = await run_sync(_of, projects.mix, id, revision, start, seconds, tried, limiter=few)
        return Response(heard, media_type="audio/wav", headers={"x-mastered": "exact" if exact else "estimated"})

    @routes.get("/projects/{id}/gains", response_class=Response, responses=shape(GainCurves))
    async def gains(id: TrackId, revision: RevisionNumber) -> Response:  # noqa: A002
        """Give how loud cues and film are along time: fades, and music that is lowered under speech."""
        return as_json(await run_sync(_of, projects.gains, id, revision, limiter=few))


def _add_films(routes: APIRouter, served: Served) -> None:
    films = served.projects.films

    @routes.get("/films", response_class=Response, responses=shape(FilmList))
    def list_films(folder: Annotated[str | None, Query(max_length=LONGEST_PATH)] = None) -> Response:
        """List the films in a folder that is allowed, and the folders in it; or the folders that are."""
        try:
            return as_json(films.listed(folder))
        except KeyError:
            raise _outside() from None

    @routes.post("/films/uploads", status_code=201, response_class=Response, responses=shape(FilmUpload, 201))
    def begin_upload(body: NewFilm) -> Response:
        """Begin to send a film, in parts."""
        return as_json(served.projects.begin_upload(body.name, body.bytes), 201)

    @routes.get("/films/uploads/{id}", response_class=Response, responses=shape(FilmUpload))
    def upload(id: FilmId) -> Response:  # noqa: A002
        """Tell how much of a film is here."""
        return as_json(_sent(films.received, id))

    binary = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}

    @routes.put(
        "/films/uploads/{id}",
        response_class=Response,
        responses=shape(FilmUpload),
        openapi_extra={"requestBody": binary},
    )
    async def send_part(id: FilmId, start: Annotated[int, Query(ge=0, lt=2**63)], request: Request) -> Response:  # noqa: A002
        """Send a part of a film, of 8 MiB at most; 409 if it does not begin where the last has ended."""
        part = await request.body()
        if len(part) > MOST_PART:
            raise HTTPException(413, f"A part has {MOST_PART >> 20} MiB at most.")
        return as_json(await run_sync(_sent, films.add, id, start, part))


def _film(film: str | None, upload: str | None, served: Served) -> tuple[str, str]:
    films = served.projects.films
    if upload is not None and film is None:
        return _sent(films.finish, upload)
    if film is None or upload is not None:
        raise UsageError("Give either `film` or `upload`.")
    try:
        path = films.find(film)
    except KeyError:
        raise _outside() from None
    return path, path.rpartition("/")[2]


def _folder(path: str, served: Served) -> str:
    try:
        return served.projects.films.find_folder(path)
    except KeyError:
        raise _outside() from None


def _of_album(found: object) -> bool:
    sheet = found.get("sheet") if isinstance(found, dict) else None
    return isinstance(sheet, dict) and sheet.get("slideshow") is not None


def _begin_album(body: NewProject, served: Served) -> Project:
    """Begin an album of a folder, or of what was sent, which is kept in a folder of its own."""
    projects, films = served.projects, served.projects.films
    options = served.spot_options(body.options)
    album = body.album.model_dump(exclude_none=True)  # type: ignore[attr-defined]
    sent = bool(body.pictures or body.clips)
    if body.film is not None or body.upload is not None or sent is (body.folder is not None):
        raise UsageError("Give either `folder`, or `pictures` and `clips`, for an album.")
    if body.folder is not None:
        folder = _folder(body.folder, served)
        return projects.add_album(folder, body.name or as_name(folder.rpartition("/")[2] or folder), options, album)
    with _sent_files(body, served) as files:
        folder = films.keep_album(files)
        try:
            return projects.add_album(folder, body.name or as_name(files[0][1]), options, album)
        except BaseException:
            films.forget_album(folder)
            raise


@contextmanager
def _sent_files(body: NewProject | MorePhotos, served: Served) -> Iterator[list[tuple[Path, str]]]:
    """Photos and clips that were sent, each a file and its name; clips stay if nothing comes of it."""
    films = served.projects.films
    files = [(each.path, each.name) for each in map(served.picture, dict.fromkeys(body.pictures))]
    clips: list[tuple[str, str]] = []
    try:
        clips += (_sent(films.finish, id_) for id_ in dict.fromkeys(body.clips))
        yield files + [(Path(path), name) for path, name in clips]
    except BaseException:
        for path, _ in clips:
            films.take_back(path)
        raise
    for path, _ in clips:
        films.forget(path)


@contextmanager
def _kept(film: str, served: Served) -> Iterator[None]:
    """Let a film that was sent be asked for again if no project comes of it; remove it if it is none."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, InputError) and error.path == film:
            served.projects.films.forget(film)
        else:
            served.projects.films.take_back(film)
        raise


def _outside() -> HTTPException:
    return HTTPException(404, "There is no such film or folder in the folders that are allowed (`films`).")


def _of(action: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    try:
        return action(*args, **kwargs)
    except KeyError:
        raise HTTPException(404, f"There is no project #{args[0]}.") from None


def _once(served: Served, id_: int, key: str | None, change: Callable[..., Project], *given: object) -> Project:
    return _of(
        lambda _: served.repeats.once(id_, key, lambda: change(id_, *given), lambda: served.projects.read(id_)), id_
    )


def _sent(action: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    try:
        return action(*args, **kwargs)
    except KeyError:
        raise HTTPException(404, "No such film is on its way: begin to send it again.") from None
