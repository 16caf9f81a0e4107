"""What routes answer from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import HTTPException, Response

from img2music.app.jobs import JobQueue
from img2music.app.library import Library
from img2music.app.projects import Projects
from img2music.app.sounds import Sounds
from img2music.connectors.connections import connection
from img2music.errors import UsageError, printable
from img2music.filters import TrackFilter
from img2music.locations import folder_of
from img2music.remarks import remark
from img2music.server.bodies import Body
from img2music.server.events import Events
from img2music.server.guard import Sessions
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.repeats import Repeats
from img2music.server.settings import Settings
from img2music.server.uploads import SentPicture, SentSong, Upload, Uploads
from img2music.shapes import Result, dumps, to_dict
from img2music.track import Track


@dataclass(frozen=True)
class Served:
    """A library, and what the server keeps beside it."""

    library: Library
    uploads: Uploads
    sounds: Sounds
    sessions: Sessions
    settings: Settings
    queue: JobQueue
    events: Events
    projects: Projects
    repeats: Repeats = field(default_factory=Repeats)

    def track(self, id: int) -> Track:  # noqa: A002
        """Find a song."""
        try:
            return self.library[id]
        except KeyError:
            raise HTTPException(404, f"The library has no song #{id}.") from None

    def tracks(self, ids: Sequence[int]) -> list[Track]:
        """Find songs, in this order."""
        found = self.library.tracks_by_id(ids)
        for id_ in ids:
            if id_ not in found:
                raise HTTPException(404, f"The library has no song #{id_}.")
        return [found[id_] for id_ in ids]

    def sound(self, id: int) -> Track:  # noqa: A002
        """Find a song that has a file."""
        track = self.track(id)
        if track.path is None:
            raise HTTPException(404, f"The song #{id} has no file.")
        return track

    def filter(self, filters: Body) -> TrackFilter:
        """The filter that is meant; no path comes from outside: songs name the folders that they lie in."""
        return TrackFilter(**self.conditions(filters))

    def conditions(self, filters: Body) -> dict[str, Any]:
        """Its conditions."""
        given = {name: value for name, value in filters if value is not None}
        for name in given.keys() & {"folder", "not_folder"}:
            given[name] = [folder_of(str(self.sound(id_).path)) for id_ in given[name]]
        return given

    def spot_options(self, options: Body) -> dict[str, Any]:
        """How music is to be chosen, as a project keeps it."""
        given = {name: value for name, value in options if value is not None and name != "filters"}
        return given | {"where": self.conditions(options.filters)}  # type: ignore[attr-defined]  # made from options

    def picture(self, id: str) -> SentPicture:  # noqa: A002
        """Find a picture that was sent."""
        return self._sent(id, song=False)

    def song(self, id: str) -> SentSong:  # noqa: A002
        """Find a song that was sent."""
        return self._sent(id, song=True)

    def _sent(self, id: str, *, song: bool) -> Upload[Any]:  # noqa: A002
        found = self.uploads.get(id)
        if found is None or isinstance(found.reading, Track) is not song:
            what = "song" if song else "picture"
            raise TypedProblem(404, ProblemType.GONE, f"This {what} is no longer there: send it again.")
        return found


def require_connection(name: str) -> None:
    """Refuse a connection that there is not."""
    try:
        connection(name)
    except UsageError as error:
        told = remark("no-connection", printable(name))
        raise TypedProblem(404, ProblemType.OTHER, str(error), told) from None


def as_json(shape: object, status: int = 200) -> Response:
    """Answer with a shape."""
    content = shape.to_dict() if isinstance(shape, Result) else to_dict(shape)
    return Response(dumps(content, None), status, media_type="application/json")
