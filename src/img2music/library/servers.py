"""Songs of music servers, the tracks that they are, and the playlists there that stand for playlists here."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from img2music import remarks
from img2music.connectors.music_server import ServerSong, song_at
from img2music.library.database import upsert
from img2music.library.mapping import BY_HAND, Candidate, Evidence, Mapped, SongFacts, Verdict
from img2music.library.playlists import PlaylistEntry, PlaylistSummary, added, changed
from img2music.library.record import now
from img2music.library.rows import batches
from img2music.library.schema import (
    Connecting,
    fold,
    playlists,
    server_playlists,
    server_songs,
    server_tracks,
    servers,
    storable,
    tracks,
)
from img2music.locations import is_url

LONGEST_TEXT = 2000
"""Characters of a name or a path that are kept."""
FACTS = tuple(
    "id title artist album album_artist year duration path size mtime_ns missing identifier "  # noqa: SIM905
    "track_number disc_number recording_mbid".split()
)
"""Columns of tracks that songs are compared with."""
COMPARED = (
    "title",
    "artist",
    "album",
    "album_artist",
    "path",
    "recording",
    "year",
    "number",
    "disc",
    "duration",
    "size",
)
"""What is kept of a song, and by which it is compared."""
KEPT = ("id", *COMPARED, "changed", "liked", "album_id", "cover")
"""All that is kept of what a server tells of a song."""
SCHEME = "server"


def facts_of(row: sa.Row[Any]) -> SongFacts:
    """What is known of a track, to compare songs with."""
    scheme, _, name = (row.identifier or "").partition(":")
    return SongFacts(
        id=row.id,
        title=row.title,
        artist=row.artist,
        album=row.album,
        album_artist=row.album_artist,
        year=row.year,
        duration=row.duration,
        path=None if row.path is not None and row.path.startswith(f"{SCHEME}:") else _readable(row.path),
        size=row.size,
        changed=row.mtime_ns or 0,
        number=row.track_number,
        disc=row.disc_number,
        recording=row.recording_mbid or (name if scheme == "mbid" else None),
        missing=row.missing,
    )


def _readable(path: str | None) -> str | None:
    return unquote(path) if path is not None and is_url(path) else path


@dataclass(frozen=True, slots=True)
class KnownServer:
    """What is kept of a server as a whole."""

    url: str
    walked: str | None  # when all of its songs were last read, in UTC
    told: int | None  # how many it counted then
    changes: int  # of the library, when songs were last matched


@dataclass(frozen=True, slots=True)
class KnownSong:
    """A song of a server, and what became of it."""

    id: str
    title: str | None
    artist: str | None
    path: str | None
    liked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A playlist of a server that stands for one of the library, as both last were the same.

    While it is being written there, ``sending`` holds what is meant to be in it and ``naming`` its name; while it is
    being made, ``id`` is None. ``before`` holds the ids of the playlists that were there then: all others are new.
    """

    playlist: int
    id: str | None
    mark: str
    name: str  # at the server
    songs: tuple[str, ...] = ()  # there
    sending: tuple[str, ...] | None = None
    naming: str | None = None
    before: tuple[str, ...] = ()
    title: str | None = None  # here
    updated: str | None = None  # here, when it was last changed
    theirs: bool = False  # whether somebody else made it there


class ServerTable:
    """What a library keeps of music servers, by connection."""

    def __init__(self, reading: Connecting, writing: Connecting) -> None:
        self._reading, self._writing = reading, writing

    # Songs

    def known(self, connection: str) -> KnownServer | None:
        """Read what is kept of a server as a whole."""
        with self._reading() as reading:
            row = reading.execute(sa.select(servers).where(servers.c.connection == connection)).first()
        return None if row is None else KnownServer(row.url, row.walked, row.told, row.changes)

    def begin(self, connection: str, url: str) -> int:
        """Begin a walk, and give its number; what is kept of another server of this name is forgotten."""
        with self._writing() as writing:
            its = servers.c.connection == connection
            row = writing.execute(sa.select(servers).where(its)).first()
            if row is not None and row.url != url:
                self._forget(writing, connection)
                row = None
            if row is None:
                values = {"connection": connection, "url": url, "walk": 1, "changes": -1}
                writing.execute(sa.insert(servers).values(values))
                return 1
            writing.execute(sa.update(servers).where(its).values(walk=row.walk + 1))
            return int(row.walk) + 1

    def forget(self, connection: str) -> None:
        """Forget what is kept of a server."""
        with self._writing() as writing:
            self._forget(writing, connection)

    def _forget(self, writing: sa.Connection, connection: str) -> None:
        for table in (server_playlists, server_tracks, server_songs, servers):
            writing.execute(sa.delete(table).where(table.c.connection == connection))

    def put(self, connection: str, walk: int, songs: Iterable[ServerSong]) -> int:
        """Store songs that a walk came by; those that are new or not what they were are to be matched again."""
        count = 0
        for batch in batches(songs):
            rows = {row["id"]: row for row in map(_row, batch)}
            count += len(rows)
            with self._writing() as writing:
                its = sa.and_(server_songs.c.connection == connection, server_songs.c.id.in_(rows))
                there = {row.id: row for row in writing.execute(sa.select(server_songs).where(its))}
                fresh = [row for id_, row in rows.items() if id_ not in there or _differs(row, there[id_])]
                again = {row["id"] for row in fresh}
                told = {"connection": connection, "walk": walk}
                upsert(writing, server_songs, [row | told | {"state": None} for row in fresh], "connection", "id")
                shown = [row | told for id_, row in rows.items() if id_ not in again and _shows(row, there[id_])]
                upsert(writing, server_songs, shown, "connection", "id")
                for liked in (True, False):
                    same = [id_ for id_, row in rows.items() if id_ not in again and row["liked"] is liked]
                    of = sa.and_(server_songs.c.connection == connection, server_songs.c.id.in_(same))
                    if same:
                        writing.execute(sa.update(server_songs).where(of).values(walk=walk, liked=liked))
        return count

    def end(self, connection: str, walk: int, told: int | None) -> None:
        """End a walk that came by all songs: those that it did not come by are gone."""
        with self._writing() as writing:
            gone = sa.and_(server_songs.c.connection == connection, server_songs.c.walk < walk)
            writing.execute(sa.delete(server_songs).where(gone))
            its = sa.and_(servers.c.connection == connection, servers.c.walk == walk)
            writing.execute(sa.update(servers).where(its).values(walked=now(), told=told))

    def match_again(self, connection: str, changes: int, *, all_: bool) -> None:
        """Have songs matched again of which the library may tell more by now, or all of them."""
        with self._writing() as writing:
            known = writing.scalar(sa.select(servers.c.changes).where(servers.c.connection == connection))
            of = server_songs.c.connection == connection
            if not all_:
                if known == changes:
                    return
                there = sa.select(server_tracks.c.song_id).where(
                    server_tracks.c.connection == connection, server_tracks.c.sure, server_tracks.c.position == 0
                )
                of = sa.and_(of, sa.or_(server_songs.c.state != "mapped", server_songs.c.id.not_in(there)))
            writing.execute(sa.update(server_songs).where(of).values(state=None))

    def matched(self, connection: str, changes: int) -> None:
        """Store that all songs were matched with a state of the library."""
        with self._writing() as writing:
            its = servers.c.connection == connection
            writing.execute(sa.update(servers).where(its).values(changes=changes))

    def unmatched(self, connection: str) -> int:
        """Count the songs that are to be matched."""
        of = sa.and_(server_songs.c.connection == connection, server_songs.c.state.is_(None))
        with self._reading() as reading:
            return reading.scalar(sa.select(sa.func.count()).select_from(server_songs).where(of)) or 0

    def to_match(self, connection: str, limit: int) -> list[SongFacts]:
        """Read some of the songs that are to be matched."""
        of = sa.and_(server_songs.c.connection == connection, server_songs.c.state.is_(None))
        with self._reading() as reading:
            rows = reading.execute(sa.select(server_songs).where(of).order_by(server_songs.c.id).limit(limit))
            return [_facts(row) for row in rows]

    def told(self, connection: str, songs: Iterable[str]) -> dict[str, ServerSong]:
        """Read what a server told of songs, as far as it is kept."""
        found: dict[str, ServerSong] = {}
        with self._reading() as reading:
            for batch in batches(songs):
                of = sa.and_(server_songs.c.connection == connection, server_songs.c.id.in_(batch))
                for row in reading.execute(sa.select(*(server_songs.c[name] for name in KEPT)).where(of)):
                    found[row.id] = ServerSong(**row._mapping)
        return found

    def facts(self, connection: str, songs: Iterable[str]) -> dict[str, SongFacts]:
        """Read what is known of songs."""
        found: dict[str, SongFacts] = {}
        with self._reading() as reading:
            for batch in batches(songs):
                of = sa.and_(server_songs.c.connection == connection, server_songs.c.id.in_(batch))
                found.update((row.id, _facts(row)) for row in reading.execute(sa.select(server_songs).where(of)))
        return found

    def own_tracks(self, connection: str) -> dict[str, int]:
        """Read the tracks whose sound is at a server, by the ids of their songs."""
        prefix = f"{SCHEME}://{connection}/"
        within = sa.and_(tracks.c.path >= prefix, tracks.c.path < prefix[:-1] + "0")  # what comes after "/"
        with self._reading() as reading:
            rows = reading.execute(sa.select(tracks.c.path, tracks.c.id).where(within)).all()
        return {song_at(row.path)[1]: row.id for row in rows}

    def put_matched(self, connection: str, found: Sequence[Mapped]) -> None:
        """Store what became of songs."""
        rows = []
        for each in found:
            told = [(True, one) for one in each.tracks] + [(False, one) for one in each.candidates]
            for position, (sure, one) in enumerate(told):
                own = {"connection": connection, "song_id": each.song, "position": position, "track_id": one.track}
                how = one.evidence.how if sure else (_MAYBE if one.evidence.verdict is not Verdict.NO else "")
                evidence = {"score": one.evidence.score, "how": how, "why": remarks.stored(one.evidence.why)}
                rows.append(own | {"sure": sure} | evidence)
        with self._writing() as writing:
            names = [each.song for each in found]
            for batch in batches(names):
                its = sa.and_(server_tracks.c.connection == connection, server_tracks.c.song_id.in_(batch))
                writing.execute(sa.delete(server_tracks).where(its))
            # A track may have been removed, and a song, since they were read.
            there = set(_there(writing, tracks.c.id, {row["track_id"] for row in rows}))
            still = set(_there(writing, server_songs.c.id, names, server_songs.c.connection == connection))
            rows = [row for row in rows if row["track_id"] in there and row["song_id"] in still]
            if rows:
                writing.execute(sa.insert(server_tracks), rows)
            states = [
                {"song": each.song, "state": _state(each), "why": storable(remarks.stored(each.why))} for each in found
            ]
            if states:
                its = sa.and_(server_songs.c.connection == connection, server_songs.c.id == sa.bindparam("song"))
                change: dict[str, Any] = {"state": sa.bindparam("state"), "why": sa.bindparam("why")}
                writing.execute(sa.update(server_songs).where(its).values(change), states)

    def by_hand(self, connection: str, songs: Iterable[str] | None = None) -> dict[str, int | None]:
        """Read what a person said of songs: the track that each is, or that it is none."""
        its = [server_songs.c.connection == connection, server_songs.c.why.startswith(f'[["{BY_HAND}"')]
        found: dict[str, int | None] = {}
        with self._reading() as reading:
            for part in [None] if songs is None else batches(songs):
                own = [] if part is None else [server_songs.c.id.in_(part)]
                rows = reading.execute(sa.select(server_songs.c.id, server_songs.c.why).where(*its, *own))
                for id_, why in rows:
                    track = remarks.read(why)[0].values[0]
                    found[id_] = int(track) if track else None
        return found

    def open_again(self, connection: str, song: str) -> None:
        """Forget what a person said of a song, which is matched again."""
        with self._writing() as writing:
            its = sa.and_(server_songs.c.connection == connection, server_songs.c.id == song)
            writing.execute(sa.update(server_songs).where(its).values(state=None, why=""))

    def contested(self, connection: str) -> Iterator[list[str]]:
        """Give songs that are one and the same track, as far as is known, together."""
        of = sa.and_(server_tracks.c.connection == connection, server_tracks.c.sure, server_tracks.c.position == 0)
        several = sa.select(server_tracks.c.track_id).where(of).group_by(server_tracks.c.track_id)
        several = several.having(sa.func.count() > 1)
        with self._reading() as reading:
            wanted = sa.select(server_tracks.c.track_id, server_tracks.c.song_id)
            rows = reading.execute(
                wanted.where(of, server_tracks.c.track_id.in_(several)).order_by(
                    server_tracks.c.track_id, server_tracks.c.song_id
                )
            ).all()
        groups: dict[int, list[str]] = {}
        for row in rows:
            groups.setdefault(row.track_id, []).append(row.song_id)
        return iter(groups.values())

    def mapped(self, connection: str, songs: Iterable[str] | None = None, *, state: str | None = None) -> list[Mapped]:
        """Read what became of songs."""
        of = [server_songs.c.connection == connection]
        if state is not None:
            of.append(server_songs.c.state == state)
        rows: list[sa.Row[Any]] = []
        with self._reading() as reading:
            for part in [None] if songs is None else batches(songs):
                own = [] if part is None else [server_songs.c.id.in_(part)]
                rows += reading.execute(_MAPPED.where(*of, *own)).all()
        found: dict[str, list[sa.Row[Any]]] = {}
        for row in rows:
            found.setdefault(row.id, []).append(row)
        return [_mapped(group) for group in found.values()]

    def songs(self, connection: str, *, state: str | None = None, liked: bool | None = None) -> list[KnownSong]:
        """Read songs, by what became of them and whether they are liked there."""
        names = ("id", "title", "artist", "path", "liked")
        wanted = sa.select(*(server_songs.c[name] for name in names)).where(server_songs.c.connection == connection)
        wanted = wanted if state is None else wanted.where(server_songs.c.state == state)
        wanted = wanted if liked is None else wanted.where(server_songs.c.liked == sa.literal(liked))
        order = (server_songs.c.artist, server_songs.c.album, server_songs.c.number, server_songs.c.id)
        with self._reading() as reading:
            return [KnownSong(*row) for row in reading.execute(wanted.order_by(*order))]

    def named(self, connection: str, songs: Iterable[str]) -> dict[str, KnownSong]:
        """Read songs by their ids."""
        names = ("id", "title", "artist", "path", "liked")
        found: dict[str, KnownSong] = {}
        with self._reading() as reading:
            for batch in batches(songs):
                of = sa.and_(server_songs.c.connection == connection, server_songs.c.id.in_(batch))
                rows = reading.execute(sa.select(*(server_songs.c[name] for name in names)).where(of))
                found.update((row.id, KnownSong(*row)) for row in rows)
        return found

    def counts(self, connection: str) -> dict[str, int]:
        """Count songs by what became of them."""
        of = server_songs.c.connection == connection
        wanted = sa.select(server_songs.c.state, sa.func.count()).where(of).group_by(server_songs.c.state)
        with self._reading() as reading:
            return {state or "": count for state, count in reading.execute(wanted)}

    def ways(self, connection: str) -> dict[str, int]:
        """Count the songs that are tracks by how that is known."""
        of = sa.and_(server_tracks.c.connection == connection, server_tracks.c.sure, server_tracks.c.position == 0)
        wanted = sa.select(server_tracks.c.how, sa.func.count()).where(of).group_by(server_tracks.c.how)
        with self._reading() as reading:
            return dict(map(tuple, reading.execute(wanted.order_by(server_tracks.c.how))))

    def tracks_of(self, connection: str, songs: Iterable[str]) -> dict[str, int]:
        """Tell the likeliest track of each song that surely is one."""
        found: dict[str, int] = {}
        with self._reading() as reading:
            for batch in batches(songs):
                its = sa.and_(
                    server_tracks.c.connection == connection, server_tracks.c.sure, server_tracks.c.song_id.in_(batch)
                )
                wanted = sa.select(server_tracks.c.song_id, server_tracks.c.track_id).where(its)
                for row in reading.execute(wanted.order_by(server_tracks.c.song_id, server_tracks.c.position)):
                    found.setdefault(row.song_id, row.track_id)
        return found

    def mapped_tracks(self, connection: str) -> dict[int, str]:
        """Tell all tracks that surely are songs of a server, with the ids of these."""
        its = sa.and_(server_tracks.c.connection == connection, server_tracks.c.sure, server_tracks.c.position == 0)
        wanted = sa.select(server_tracks.c.track_id, server_tracks.c.song_id).where(its)
        with self._reading() as reading:
            return dict(map(tuple, reading.execute(wanted.order_by(server_tracks.c.score, server_tracks.c.song_id))))

    def here(self, connection: str) -> set[str]:
        """Tell the songs of a server whose sound is here, too, so that it need not be had from there."""
        elsewhere = sa.or_(tracks.c.path < f"{SCHEME}:", tracks.c.path >= f"{SCHEME};")  # what comes after ":"
        its = sa.and_(server_tracks.c.connection == connection, server_tracks.c.sure, tracks.c.missing.is_(False))
        wanted = sa.select(server_tracks.c.song_id).join(tracks, tracks.c.id == server_tracks.c.track_id)
        with self._reading() as reading:
            return set(reading.scalars(wanted.where(its, elsewhere)))

    def songs_of(self, connection: str, ids: Sequence[int], *, sure: bool = True) -> dict[int, list[Candidate]]:
        """Tell the songs that tracks surely are, or may be like, the likeliest first; a candidate names its song.

        Of a track that is none itself, those of tracks that sound the same.
        """
        asked = tracks.alias()
        itself = sa.select(server_tracks.c.track_id.label("asked"), server_tracks)
        alike = sa.select(asked.c.id.label("asked"), server_tracks).select_from(
            asked.join(tracks, tracks.c.sound == asked.c.sound).join(
                server_tracks, server_tracks.c.track_id == tracks.c.id
            )
        )
        its = sa.and_(server_tracks.c.connection == connection, server_tracks.c.sure == sa.literal(sure))
        found: dict[int, list[Candidate]] = {}
        with self._reading() as reading:
            for wanted, column in ((itself, server_tracks.c.track_id), (alike, asked.c.id)):
                ordered = wanted.order_by(column, server_tracks.c.score.desc(), server_tracks.c.song_id)
                for batch in batches([id_ for id_ in ids if id_ not in found]):
                    for row in reading.execute(ordered.where(its, column.in_(batch))):
                        found.setdefault(row.asked, []).append(Candidate(row.asked, _evidence(row), row.song_id))
        return found

    # Playlists

    def links(self, connection: str) -> list[Link]:
        """Read which playlists of a server stand for which of the library."""
        with self._reading() as reading:
            its = server_playlists.c.connection == connection
            return [_link(row) for row in reading.execute(sa.select(server_playlists).where(its))]

    def put_link(self, connection: str, link: Link) -> None:
        """Store what is meant to be done, or was, with a playlist of a server."""
        with self._writing() as writing:
            _put_link(writing, connection, link)

    def unlink(self, connection: str, playlist: int) -> None:
        """Forget that a playlist of a server stands for one here."""
        with self._writing() as writing:
            its = sa.and_(server_playlists.c.connection == connection, server_playlists.c.playlist_id == playlist)
            writing.execute(sa.delete(server_playlists).where(its))

    def pull(
        self,
        connection: str,
        playlist: PlaylistSummary | None,
        name: str | None,
        entries: Sequence[PlaylistEntry],
        link: Callable[[PlaylistSummary], Link],
    ) -> PlaylistSummary:
        """Store songs of a server's playlist as one of the library, and that they belong together: both or neither."""
        with self._writing() as writing:
            if playlist is None:
                summary = added(writing, name or "", entries)
            else:
                summary = changed(writing, playlist.id, name, entries, playlist.updated)
            _put_link(writing, connection, link(summary))
            return summary


_MAPPED = (
    sa.select(
        server_songs.c.id,
        server_songs.c.state,
        server_songs.c.why.label("song_why"),
        *(server_tracks.c[name] for name in ("track_id", "sure", "score", "how", "why")),
    )
    .select_from(
        server_songs.outerjoin(
            server_tracks,
            sa.and_(
                server_tracks.c.connection == server_songs.c.connection, server_tracks.c.song_id == server_songs.c.id
            ),
        )
    )
    .order_by(server_songs.c.artist, server_songs.c.title, server_songs.c.id, server_tracks.c.position)
)


def _mapped(rows: Sequence[sa.Row[Any]]) -> Mapped:
    of = [(bool(row.sure), Candidate(row.track_id, _evidence(row))) for row in rows if row.track_id is not None]
    sure, others = (tuple(one for yes, one in of if yes is wanted) for wanted in (True, False))
    return Mapped(rows[0].id, sure, others, remarks.read(rows[0].song_why))


def _evidence(row: sa.Row[Any]) -> Evidence:
    verdict = Verdict.SURE if row.sure else (Verdict.MAYBE if row.how == _MAYBE else Verdict.NO)
    return Evidence(verdict, row.score, row.how if row.sure else "", remarks.read(row.why))


_MAYBE = "maybe"


def _state(found: Mapped) -> str:
    if found.tracks:
        return "mapped"
    return "unsure" if found.unsure else "absent"


def _row(song: ServerSong) -> dict[str, Any]:
    """A song as it is kept."""
    row = {name: getattr(song, name) for name in KEPT}
    for name, value in row.items():
        if isinstance(value, str):
            row[name] = (storable(value) or "")[:LONGEST_TEXT]
    return row


def _differs(row: Mapping[str, Any], there: sa.Row[Any]) -> bool:
    return any(row[name] != getattr(there, name) for name in COMPARED)


def _shows(row: Mapping[str, Any], there: sa.Row[Any]) -> bool:
    """Whether something else is to be shown of a song that is what it was."""
    return (row["album_id"], row["cover"]) != (there.album_id, there.cover)


def _facts(row: sa.Row[Any]) -> SongFacts:
    return SongFacts(id=row.id, changed=row.changed, **{name: getattr(row, name) for name in COMPARED})


def _there(
    connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any], *where: sa.ColumnElement[bool]
) -> Iterator[Any]:
    for batch in batches(values):
        yield from connection.scalars(sa.select(column).where(column.in_(batch), *where))


_LISTS = ("songs", "sending", "before")


def _put_link(connection: sa.Connection, where: str, link: Link) -> None:
    row = asdict(link)
    row["playlist_id"] = row.pop("playlist")
    for name in _LISTS:
        row[name] = None if row[name] is None else json.dumps(row[name])
    for name in ("name", "naming"):
        row[name] = None if row[name] is None else (storable(row[name]) or "")[:LONGEST_TEXT]
    still = connection.scalar(sa.select(playlists.c.id).where(playlists.c.id == link.playlist))
    if still is not None:  # it may have been deleted here meanwhile
        upsert(connection, server_playlists, [{"connection": where, **row}], "connection", "playlist_id")


def _link(row: sa.Row[Any]) -> Link:
    lists = {name: None if getattr(row, name) is None else tuple(json.loads(getattr(row, name))) for name in _LISTS}
    lists["before"] = lists["before"] or ()
    names = ("id", "mark", "name", "naming", "title", "updated", "theirs")
    return Link(playlist=row.playlist_id, **lists, **{name: getattr(row, name) for name in names})  # type: ignore[arg-type]


def same_name(one: str, other: str) -> bool:
    """Whether a person would take two names of playlists for the same."""
    return fold(one.strip()) == fold(other.strip())
