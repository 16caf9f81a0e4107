"""Playlists that are kept in the library by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from img2music.errors import ConflictError, UsageError, printable
from img2music.library.record import moment_of, now, require_name
from img2music.library.rows import batches
from img2music.library.schema import Connecting, playlist_tracks, playlists, tracks

MOST_SONGS = 10_000
"""Songs of one playlist."""
COVERS = 4
"""First tracks that a summary names."""


@dataclass(frozen=True, slots=True)
class PlaylistSummary:
    """A playlist without its songs."""

    id: int
    name: str
    created: str
    """When, in UTC."""
    updated: str
    """When it was last changed, in UTC."""
    songs: int
    """How many it holds."""
    covers: tuple[int, ...]
    """Its first tracks."""


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    """A song of a playlist, and the passage that is meant."""

    track: int
    start: float | None = None
    end: float | None = None


class PlaylistTable:
    """The playlists of a library."""

    def __init__(self, reading: Connecting, writing: Connecting) -> None:
        self._reading, self._writing = reading, writing

    def all(self) -> list[PlaylistSummary]:
        """Read all, the last changed first."""
        with self._reading() as connection:
            return _summaries(connection, sa.true())

    def find(self, playlist: int | str) -> PlaylistSummary:
        """Find one by its number or name; a `KeyError` if there is none."""
        with self._reading() as connection:
            return _found(connection, playlist)

    def entries(self, id: int) -> list[PlaylistEntry]:  # noqa: A002
        """Read its songs, in order."""
        columns = (playlist_tracks.c.track_id, playlist_tracks.c.start, playlist_tracks.c.end)
        of = sa.select(*columns).where(playlist_tracks.c.playlist_id == id).order_by(playlist_tracks.c.position)
        with self._reading() as connection:
            return [PlaylistEntry(*row) for row in connection.execute(of)]

    def add(self, name: str, entries: Sequence[PlaylistEntry]) -> PlaylistSummary:
        """Store a new one."""
        with self._writing() as connection:
            return added(connection, name, entries)

    def change(
        self,
        id: int,  # noqa: A002
        name: str | None = None,
        entries: Sequence[PlaylistEntry] | None = None,
        seen: str | None = None,
    ) -> PlaylistSummary:
        """Rename one, or replace its songs; refused if it was changed after it was ``seen``."""
        with self._writing() as connection:
            return changed(connection, id, name, entries, seen)

    def remove(self, id: int, seen: str | None = None) -> None:  # noqa: A002
        """Forget one; refused if it was changed after it was ``seen``."""
        with self._writing() as connection:
            _seen(connection, id, seen)
            connection.execute(sa.delete(playlists).where(playlists.c.id == id))


def added(connection: sa.Connection, name: str, entries: Sequence[PlaylistEntry]) -> PlaylistSummary:
    """Store a new playlist."""
    _require_name(connection, name, None)
    moment = now()
    values = {"name": name, "created": moment, "updated": moment}
    id_ = connection.execute(sa.insert(playlists).values(values).returning(playlists.c.id)).scalar_one()
    _put(connection, id_, entries)
    return _found(connection, id_)


def changed(
    connection: sa.Connection,
    id_: int,
    name: str | None = None,
    entries: Sequence[PlaylistEntry] | None = None,
    seen: str | None = None,
) -> PlaylistSummary:
    """Rename a playlist, or replace its songs; refused if it was changed after it was ``seen``."""
    before = _seen(connection, id_, seen)
    if name is not None:
        _require_name(connection, name, id_)
    values = {"name": before.name if name is None else name, "updated": _later(before.updated)}
    connection.execute(sa.update(playlists).where(playlists.c.id == id_).values(values))
    if entries is not None:
        connection.execute(sa.delete(playlist_tracks).where(playlist_tracks.c.playlist_id == id_))
        _put(connection, id_, entries)
    return _found(connection, id_)


def _summaries(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[PlaylistSummary]:
    of, songs = playlist_tracks.c.playlist_id, sa.func.count().over(partition_by=playlist_tracks.c.playlist_id)
    place = sa.func.row_number().over(partition_by=of, order_by=playlist_tracks.c.position)
    numbered = sa.select(of, playlist_tracks.c.track_id, songs.label("songs"), place.label("place")).subquery()
    first = sa.and_(numbered.c.playlist_id == playlists.c.id, numbered.c.place <= COVERS)
    rows = connection.execute(
        sa.select(playlists, numbered.c.track_id, numbered.c.songs)
        .outerjoin(numbered, first)
        .where(where)
        .order_by(playlists.c.updated.desc(), playlists.c.id, numbered.c.place)
    )
    found = []
    for (id_, name, created, updated), group in groupby(
        rows, key=lambda row: (row.id, row.name, row.created, row.updated)
    ):
        its = list(group)
        covers = tuple(row.track_id for row in its if row.track_id is not None)
        found.append(PlaylistSummary(id_, name, created, updated, its[0].songs or 0, covers))
    return found


def _found(connection: sa.Connection, playlist: int | str) -> PlaylistSummary:
    where = playlists.c.name == playlist if isinstance(playlist, str) else playlists.c.id == playlist
    for found in _summaries(connection, where):
        return found
    raise KeyError(playlist)


def _seen(connection: sa.Connection, id_: int, seen: str | None) -> PlaylistSummary:
    found = _found(connection, id_)
    if seen is not None and found.updated != seen:
        raise ConflictError(
            f"The playlist {printable(found.name)} was changed elsewhere meanwhile: read it again, and change it then."
        )
    return found


def _later(moment: str) -> str:
    """The time, but later than another one: it tells two states apart."""
    return max(now(), moment_of(datetime.fromisoformat(moment) + timedelta(milliseconds=1)))


def _require_name(connection: sa.Connection, name: str, own: int | None) -> None:
    require_name(name, "name")
    if connection.scalars(
        sa.select(playlists.c.id).where(playlists.c.name == name, playlists.c.id != (own or 0))
    ).all():
        raise ConflictError(f"There is a playlist {name} already: replace it, or give another `name`.")


def _put(connection: sa.Connection, id_: int, entries: Sequence[PlaylistEntry]) -> None:
    if len(entries) > MOST_SONGS:
        raise UsageError(f"A playlist holds at most {MOST_SONGS:,} songs, not {len(entries):,}.")
    rows: dict[int, dict[str, Any]] = {}
    for position, entry in enumerate(entries):
        if entry.track in rows:
            raise UsageError(f"The song #{entry.track} is there twice: a playlist holds it once.")
        if entry.start is not None and entry.end is not None and entry.start >= entry.end:
            raise UsageError("`start` must be before `end`.")
        place = {"playlist_id": id_, "position": position, "track_id": entry.track}
        rows[entry.track] = place | {"start": entry.start, "end": entry.end}
    for batch in batches(rows):
        there = set(connection.scalars(sa.select(tracks.c.id).where(tracks.c.id.in_(batch))))
        if lacking := set(batch) - there:
            raise UsageError(f"The library has no song #{min(lacking)}.")
    if rows:
        connection.execute(sa.insert(playlist_tracks), list(rows.values()))
