"""Long work: what may be scanned, jobs, and how far they are."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

import anyio
from fastapi import APIRouter, File, Header, HTTPException, Query, Response, UploadFile
from sse_starlette import EventSourceResponse, ServerSentEvent

from img2music.errors import UsageError
from img2music.files import file_name
from img2music.library.jobs import Job, JobKind
from img2music.options import TagOptions
from img2music.server.bodies import JobRequest, MatchRequest, ScanRequest, TagRequest, TrackId
from img2music.server.description import FolderList, JobList, JobLog, content, shape
from img2music.server.description import events as described
from img2music.server.routes.tracks import Ranges
from img2music.server.served import Served, as_json
from img2music.server.uploads import MOST_TABLE
from img2music.shapes import dumps, to_dict

EVENTS = "Each change of a job: `event: job`, its number as `id`, the job as `data`; first those after Last-Event-ID."
GRACE = 0.9  # seconds in which a stream sees that the server ends
HEARTBEAT = 15  # seconds between comments, where nothing else is told

Found = TypeVar("Found")


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    queue = served.queue

    @routes.get("/folders", response_class=Response, responses=shape(FolderList))
    def folders() -> Response:
        """List the folders of music that may be scanned."""
        return as_json(FolderList(queue.folders()))

    @routes.get("/jobs", response_class=Response, responses=shape(JobList))
    def jobs() -> Response:
        """List the jobs, newest first."""
        return as_json(JobList(queue.jobs.newest()))

    @routes.post("/jobs", status_code=202, response_class=Response, responses=shape(Job, 202))
    def begin(body: JobRequest) -> Response:
        """Scan folders, write moods into tags, write the library to a file, or match the songs of a music server."""
        return as_json(_begun(body, served), 202)

    @routes.post("/jobs/import", status_code=202, response_class=Response, responses=shape(Job, 202))
    def import_file(file: Annotated[UploadFile, File()]) -> Response:
        """Send a table of songs (CSV, TSV, Parquet), or an exported library, and have it read."""
        if (file.size or 0) > MOST_TABLE:
            raise HTTPException(413, f"The file is larger than {MOST_TABLE >> 20} MB: send it in parts.")
        return as_json(queue.import_file(file.file, file.filename or ""), 202)

    @routes.get("/jobs/events", response_class=Response, responses=described("job", Job, EVENTS))
    async def events(last_event_id: Annotated[int, Header(ge=0, lt=2**63)] = 0) -> EventSourceResponse:
        """Watch the jobs."""
        ending = anyio.Event()
        changes = await served.events.since(last_event_id, ending.is_set)

        async def told() -> AsyncIterator[ServerSentEvent]:
            async for job in changes:
                yield ServerSentEvent(dumps(to_dict(job), None), event="job", id=str(job.events))

        return EventSourceResponse(told(), ping=HEARTBEAT, shutdown_event=ending, shutdown_grace_period=GRACE)

    _add_one(routes, served)


def _add_one(routes: APIRouter, served: Served) -> None:
    queue = served.queue

    @routes.get("/jobs/{id}", response_class=Response, responses=shape(Job))
    def job(id: TrackId) -> Response:  # noqa: A002
        """Tell how far a job is."""
        return as_json(_of(queue.jobs.get, id))

    @routes.delete("/jobs/{id}", status_code=204)
    def forget_job(id: TrackId) -> None:  # noqa: A002
        """Forget a job that has ended, its log and its file."""
        _of(queue.remove, id)

    @routes.get("/jobs/{id}/log", response_class=Response, responses=shape(JobLog))
    def log(id: TrackId, after: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:  # noqa: A002
        """Read what a job had to say: what it has left out and why, and what else there is to know."""
        _of(queue.jobs.get, id)
        return as_json(JobLog(queue.jobs.log(id, after)))

    @routes.post("/jobs/{id}/cancel", response_class=Response, responses=shape(Job))
    def cancel(id: TrackId) -> Response:  # noqa: A002
        """End a job; what it has finished is kept."""
        return as_json(_of(queue.cancel, id))

    @routes.post("/jobs/{id}/retry", status_code=202, response_class=Response, responses=shape(Job, 202))
    def retry(id: TrackId) -> Response:  # noqa: A002
        """Go on with a job that failed, was cancelled or interrupted."""
        return as_json(_of(queue.retry, id), 202)

    @routes.get(
        "/jobs/{id}/file",
        response_class=Ranges,
        responses=content("application/octet-stream", "The exported library, or the bytes of it asked for.", 200, 206),
    )
    def file(id: TrackId) -> Ranges:  # noqa: A002
        """Download what an export has written, or a rendering, whose file is called as its project was then."""
        found, job = _of(queue.exported, id), _of(queue.jobs.get, id)
        if found is None:
            raise HTTPException(404, f"The job #{id} has no file, or none any more.")
        name = file_name(job.name) + found.suffix if job.kind is JobKind.RENDER else f"img2music-{found.name}"
        return Ranges(found, media_type="application/octet-stream", filename=name)


def _begun(body: JobRequest, served: Served) -> Job:
    if isinstance(body, ScanRequest):
        try:
            return served.queue.scan(body.folders, retry_failed=body.retry_failed)
        except KeyError as error:
            raise HTTPException(404, f"There is no folder {error.args[0]}.") from None
    if isinstance(body, TagRequest):
        options = TagOptions(remove=body.remove, overwrite=body.overwrite, dry_run=body.dry_run)
        return served.queue.tag(options, served.conditions(body.filters))
    if isinstance(body, MatchRequest):
        return served.queue.match(body.connection, refresh=body.refresh)
    return served.queue.export(body.format)


def _of(action: Callable[[int], Found], id_: int) -> Found:
    try:
        return action(id_)
    except KeyError:
        raise HTTPException(404, f"There is no job #{id_}.") from None
    except UsageError as error:
        raise HTTPException(409, str(error)) from error
