"""Brings up to date what the library knows of the songs of a music server, and which tracks they are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from img2music.connectors.connections import Connection
from img2music.connectors.music_server import MusicServer, ServerSong, ignored
from img2music.library.mapping import (
    Candidate,
    Evidence,
    Mapped,
    SongFacts,
    TrackIndex,
    Verdict,
    choose,
    one_each,
    settled,
)
from img2music.library.rows import batches
from img2music.library.servers import KnownServer
from img2music.library.store import LibraryStore
from img2music.progress import Progress, Step, unwatched
from img2music.remarks import remark

KEPT = timedelta(days=1)
"""How long what was read of a server holds while it counts as many songs as before."""
AT_ONCE = 500
"""Songs that are matched together."""
FEW = 2_000
"""Songs that are read and matched within a few seconds."""


class Renewed(NamedTuple):
    """What was done to bring a server's songs up to date."""

    walked: bool
    matched: int


def renew(
    store: LibraryStore,
    server: MusicServer,
    connection: Connection,
    told: int | None,
    *,
    refresh: bool = False,
    walk: bool = False,
    progress: Progress = unwatched,
    left_out: Callable[[str], object] = ignored,
) -> Renewed:
    """Read the songs of a server if they may have changed, and match those that are new or that may match by now.

    They are read again where the server counts another number of songs (``told``) than it did, after a day, with
    ``walk``, and with ``refresh``, which also has all of them matched again. Of damaged ones ``left_out`` is told in
    one line.
    """
    walking = walk or refresh or _is_stale(store.servers.known(connection.name), connection, told)
    if walking:
        _walk(store, server, connection, told, progress, left_out)
    changes = store.version().changes
    store.servers.match_again(connection.name, changes, all_=refresh)
    matched = _match(store, connection.name, progress)
    store.servers.matched(connection.name, changes)
    return Renewed(walking, matched)


def takes_long(store: LibraryStore, connection: Connection, told: int | None) -> bool:
    """Whether to bring the songs of a server, which counts so many, up to date takes more than a few seconds."""
    known = store.servers.known(connection.name)
    if known is None or _is_stale(known, connection, told):
        return told is None or told > FEW
    counts = store.servers.counts(connection.name)
    waiting = sum(counts.values()) - counts.get("mapped", 0) if known.changes != store.version().changes else 0
    return max(waiting, store.servers.unmatched(connection.name)) > FEW


def _is_stale(known: KnownServer | None, connection: Connection, told: int | None) -> bool:
    """Whether all songs of a server are to be read again, which counts so many now."""
    if known is None or known.walked is None or known.url != connection.url or known.told != told:
        return True
    return datetime.now(UTC) - datetime.fromisoformat(known.walked) > KEPT


def _walk(  # noqa: PLR0917
    store: LibraryStore,
    server: MusicServer,
    connection: Connection,
    told: int | None,
    progress: Progress,
    left_out: Callable[[str], object],
) -> None:
    number = store.servers.begin(connection.name, connection.url)

    def watched() -> Iterator[ServerSong]:
        for done, song in enumerate(server.songs(left_out), start=1):
            yield song
            if done % AT_ONCE == 0:
                progress(Step("Reading the server", done, told, song.title, "songs"))

    for batch in batches(watched()):
        store.servers.put(connection.name, number, batch)
    store.servers.end(connection.name, number, told)


def _match(store: LibraryStore, connection: str, progress: Progress) -> int:
    total, done = store.servers.unmatched(connection), 0
    if not total:
        return 0
    index, own = TrackIndex(store.facts()), store.servers.own_tracks(connection)
    while songs := store.servers.to_match(connection, AT_ONCE):
        found = _choose(store, connection, index, own, songs)
        store.servers.put_matched(connection, found)
        done += len(found)
        progress(Step("Matching songs", done, total, songs[-1].title, "songs"))
    for group in store.servers.contested(connection):
        facts = store.servers.facts(connection, group)
        mapped = {each.song: each for each in store.servers.mapped(connection, group)}
        changed = [each for name, each in one_each(mapped, facts.__getitem__).items() if each is not mapped[name]]
        store.servers.put_matched(connection, [each for each in changed if not _said(mapped[each.song])])
    return done


_THERE = Evidence(Verdict.SURE, 100.0, "server", (remark("of-server"),))


def _choose(
    store: LibraryStore, connection: str, index: TrackIndex, own: dict[str, int], songs: list[SongFacts]
) -> list[Mapped]:
    """Match songs, reading the tracks that come into question together."""
    near = {str(song.id): index.like(song) for song in songs}
    tracks = {int(each.id): each for each in store.facts(sorted({id_ for ids in near.values() for id_ in ids}))}
    found = {str(song.id): choose(song, _those(tracks, near[str(song.id)])) for song in songs}
    lost = [song for song in songs if not found[str(song.id)].tracks]
    if lost:
        near = {str(song.id): index.like(song, wide=True) for song in lost}
        tracks |= {
            int(each.id): each
            for each in store.facts(sorted({id_ for ids in near.values() for id_ in ids} - tracks.keys()))
        }
        found |= {str(song.id): choose(song, _those(tracks, near[str(song.id)])) for song in lost}
    for song, track in ((str(each.id), own[str(each.id)]) for each in songs if str(each.id) in own):
        others = tuple(each for each in found[song].tracks if each.track != track)
        found[song] = Mapped(song, (Candidate(track, _THERE), *others), (), _THERE.why)
    said = store.servers.by_hand(connection, found)
    there = {int(each.id) for each in store.facts(sorted({track for track in said.values() if track is not None}))}
    found |= {song: settled(song, track) for song, track in said.items() if track is None or track in there}
    return list(found.values())


def _said(mapped: Mapped) -> bool:
    return any(each.evidence.how == "hand" for each in mapped.tracks)


def _those(tracks: dict[int, SongFacts], ids: list[int]) -> list[SongFacts]:
    return [tracks[each] for each in ids if each in tracks]
