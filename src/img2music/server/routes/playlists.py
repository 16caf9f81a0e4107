"""Playlists that are kept in the library, and those that are taken away."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Response

from img2music.app.playlists import LibraryPlaylists, PlaylistList, PlaylistSong, SavedPlaylist, playlist
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from img2music.matching.playlists import FORMATS
from img2music.server.bodies import (
    LONGEST,
    Chosen,
    NewPlaylist,
    PlaylistChange,
    PlaylistOrder,
    PlaylistRequest,
    TrackId,
)
from img2music.server.description import PlaylistSongs, content, shape
from img2music.server.served import Served, as_json


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""
    _add_saved(routes, served)

    @routes.post("/playlists/order", response_class=Response, responses=shape(PlaylistSongs))
    def order(body: PlaylistOrder) -> Response:
        """Order songs so that neighbours feel alike; the first stays first."""
        return as_json(PlaylistSongs(served.library.playlists.smooth(_songs(body.tracks, served))))

    @routes.post(
        "/playlists/export", response_class=Response, responses=content("application/octet-stream", "The playlist.")
    )
    def export(body: PlaylistRequest) -> Response:
        """Download songs in any format of `recommend` that lists songs; those whose file is gone are left out."""
        chosen = FORMATS.named(body.format)
        songs = [(song.track, song.passage) for song in _songs(body.tracks, served) if not song.track.missing]
        if not songs:
            raise UsageError("None of these songs is there any more: scan again, or choose others.")
        lacking = [track for track, _ in songs if track.path is None]
        if chosen.files_only and lacking:
            raise UsageError(
                f"{lacking[0].display_name} has no file, and no place in {chosen.name}: give `format=xspf`."
            )
        name = quote(f"{body.name}.{chosen.name}".encode("utf-8", "replace"), safe="")
        return Response(
            chosen.write(playlist(songs, body.name), None),
            media_type="application/octet-stream",
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
        )


def _add_saved(routes: APIRouter, served: Served) -> None:
    saved = served.library.playlists

    @routes.get("/playlists", response_class=Response, responses=shape(PlaylistList))
    def list_playlists() -> Response:
        """List the playlists that are kept in the library, the last changed first."""
        return as_json(saved.list())

    @routes.post("/playlists", status_code=201, response_class=Response, responses=shape(SavedPlaylist, 201))
    def keep_playlist(body: NewPlaylist) -> Response:
        """Keep songs as a playlist; 409 if there is one of that name."""
        return as_json(saved.save(body.name, _songs(body.tracks, served)), 201)

    @routes.get("/playlists/{id}", response_class=Response, responses=shape(SavedPlaylist))
    def read_playlist(id: TrackId) -> Response:  # noqa: A002
        """Read a playlist with its songs."""
        return as_json(_found(saved, id))

    @routes.put("/playlists/{id}", response_class=Response, responses=shape(SavedPlaylist))
    def change_playlist(id: TrackId, body: PlaylistChange) -> Response:  # noqa: A002
        """Rename a playlist, or give it other songs; 409 if it was changed elsewhere, or the name is taken."""
        _found(saved, id)
        songs = None if body.tracks is None else _songs(body.tracks, served)
        return as_json(saved.change(id, name=body.name, songs=songs, seen=body.updated))

    @routes.delete("/playlists/{id}", status_code=204)
    def forget_playlist(id: TrackId, updated: Annotated[str, Query(max_length=LONGEST)]) -> None:  # noqa: A002
        """Forget a playlist, as it was when it was read; its songs stay. 409 if it was changed elsewhere since."""
        _found(saved, id)
        saved.delete(id, seen=updated)


def _found(saved: LibraryPlaylists, id_: int) -> SavedPlaylist:
    try:
        return saved.read(id_)
    except UsageError as error:
        raise HTTPException(404, str(error)) from None


def _songs(chosen: Sequence[Chosen], served: Served) -> list[PlaylistSong]:
    tracks = served.tracks([each.id for each in chosen])
    return [PlaylistSong(track, _passage(each)) for track, each in zip(tracks, chosen, strict=True)]


def _passage(chosen: Chosen) -> Passage | None:
    if chosen.start is None and chosen.end is None:
        return None
    if chosen.start is None or chosen.end is None:
        raise UsageError("A passage has both `start` and `end`.")
    if chosen.start >= chosen.end:
        raise UsageError("`start` must be before `end`.")
    return Passage(chosen.start, chosen.end)
