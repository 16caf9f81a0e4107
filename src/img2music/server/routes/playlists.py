"""Playlists that are taken away."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from img2music.app.playlists import playlist
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from img2music.matching.playlists import FORMATS
from img2music.server.bodies import Chosen, PlaylistRequest
from img2music.server.description import content
from img2music.server.served import Served


def add(routes: APIRouter, served: Served) -> None:
    """Add the route."""

    @routes.post(
        "/playlists/export", response_class=Response, responses=content("application/octet-stream", "The playlist.")
    )
    def export(body: PlaylistRequest) -> Response:
        """Download songs as a playlist of any format that `recommend` writes."""
        chosen = FORMATS.named(body.format)
        songs = [(served.track(each.id), _passage(each)) for each in body.tracks]
        lacking = [track for track, _ in songs if track.path is None]
        if chosen.files_only and lacking:
            raise UsageError(
                f"{lacking[0].display_name} has no file, and no place in {chosen.name}: give `format=xspf`."
            )
        name = quote(f"{body.name}.{chosen.name}".encode("utf-8", "replace"), safe="")
        return Response(
            chosen.write(playlist(songs), None),
            media_type="application/octet-stream",
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
        )


def _passage(chosen: Chosen) -> Passage | None:
    if chosen.start is None or chosen.end is None:
        return None
    if chosen.start >= chosen.end:
        raise UsageError("`start` must be before `end`.")
    return Passage(chosen.start, chosen.end)
