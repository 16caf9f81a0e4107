"""Takes a playlist of a music server into a library, in place."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

from img2music.app.playlist_pushing import Done
from img2music.app.server_exchange import Exchange, mark_of
from img2music.app.server_reports import MatchedSong, PullReport
from img2music.connectors.music_server import ServerPlaylist
from img2music.errors import ConflictError, UsageError, printable
from img2music.library.playlists import MOST_SONGS, PlaylistEntry, PlaylistSummary
from img2music.library.record import as_name
from img2music.library.servers import Link, same_name
from img2music.options import ExchangeOptions
from img2music.remarks import Remark, remark


class Pull:
    """One playlist on its way from a server."""

    def __init__(self, at: Exchange, playlist: int | str, wishes: ExchangeOptions) -> None:
        self._at, self._wishes = at, wishes
        self._notes: list[Remark] = []
        self._needs: list[Literal["overwrite"]] = []
        self._listed = listed = at.server.playlists()
        links = at.linked(listed)
        self._there = there = _chosen(at, playlist, listed, links)
        self._link = links.get(there.id)
        self.songs = at.songs_there(there)
        """What it holds there."""

    def run(self) -> PullReport:
        """Store it, or tell what would be stored."""
        at, there, link = self._at, self._there, self._link
        matched, left_out = at.takeable(self.songs)
        if not matched:
            told = remark("nothing-to-take", printable(there.name), at.name)
            if not self._wishes.dry_run:
                raise UsageError(str(told), remark=told)
            self._notes.append(told)
        here = None if link is None else at.store.playlists.find(link.playlist)
        old = [] if here is None else at.store.playlists.entries(here.id)
        entries, kept = self._merged(matched, old)
        if len(entries) > MOST_SONGS:
            many = remark("too-many-songs", printable(there.name), at.name, f"{len(entries):,}", f"{MOST_SONGS:,}")
            raise UsageError(str(many), remark=many)
        name = self._name(here)
        done: Done = "made" if here is None else "renewed"
        if here is not None and entries == old and name in (None, here.name):
            done = "unchanged"
        elif here is not None and link is not None:
            self._require_settled(here, link)
        stored = here
        if not self._wishes.dry_run:
            if here is not None and done == "unchanged":
                at.store.servers.put_link(at.name, self._linked(here))
            else:
                stored = at.store.servers.pull(at.name, here, name, entries, self._linked)
        return PullReport(
            connection=at.name,
            name=there.name,
            playlist=name or (as_name(there.name) if stored is None else stored.name),
            id=None if stored is None else stored.id,
            done=done,
            dry_run=self._wishes.dry_run,
            needs=tuple(self._needs),
            matched=tuple(matched),
            left_out=tuple(left_out),
            kept=kept,
            remarks=(*self._at.remarks, *self._notes),
        )

    def _linked(self, here: PlaylistSummary) -> Link:
        """That both are the same now."""
        there, link, mark = self._there, self._link, mark_of(self._there)
        return Link(
            playlist=here.id,
            id=there.id,
            mark=link.mark if link is not None else mark or str(uuid.uuid4()),
            name=there.name,
            songs=self.songs,
            before=tuple(each.id for each in self._listed),
            title=here.name,
            updated=here.updated,
            theirs=mark is None if link is None else link.theirs,
        )

    def _merged(self, matched: Sequence[MatchedSong], old: Sequence[PlaylistEntry]) -> tuple[list[PlaylistEntry], int]:
        """Songs as they are there, with their passages here, and what is here only."""
        sendable, _ = self._at.sendable(old)
        track_of = {each.song: each.track for each in sendable}
        entry_of = {entry.track: entry for entry in old}
        merged: dict[int, PlaylistEntry] = {}
        for each in matched:
            track = track_of.get(each.song, each.track)
            merged[track] = entry_of.get(track, PlaylistEntry(track))
        entries = [*merged.values()]
        # What the server does not have stays behind the song that it is behind here.
        sent, kept, last = set(track_of.values()), 0, None
        for entry in old:
            if entry.track not in sent and entry.track not in merged:
                at = next((index for index, each in enumerate(entries) if each.track == last), -1)
                entries.insert(at + 1, entry)
                kept += 1
                last = entry.track
            elif entry.track in merged:
                last = entry.track
        return entries, kept

    def _name(self, here: PlaylistSummary | None) -> str | None:
        """The name that it gets here; None where it keeps what it has."""
        there, link, name = self._there, self._link, as_name(self._there.name)
        if self._wishes.name is not None:
            return self._wishes.name
        taken = {each.name for each in self._at.store.playlists.all()}
        if here is None or link is None:
            if name in taken:
                told = remark("name-taken", printable(name), self._at.name)
                raise ConflictError(f"{str(told)[:-1]}: give another `name` for it.", remark=told)
            return name
        if there.name == link.name or name == here.name:
            return None
        renamed = printable(there.name), self._at.name
        if here.name != link.title or name in taken:
            why = "renamed" if here.name != link.title else "taken"
            self._notes.append(remark(f"keeps-name-as-{why}", *renamed))
            return None
        self._notes.append(remark("renamed-here-too", *renamed))
        return name

    def _require_settled(self, here: PlaylistSummary, link: Link) -> None:
        """Refuse to overwrite what was done to the playlist here."""
        if here.updated == link.updated:
            return
        told = remark("changed-on-both-sides" if self.songs != link.songs else "changed-here", printable(here.name))
        if self._wishes.overwrite:
            self._notes += [told, remark("overwritten-here")]
        elif self._wishes.dry_run:
            self._needs.append("overwrite")
            self._notes.append(told)
        else:
            raise ConflictError(f"{told} Push it to have that there, or give `overwrite=True` to lose it.", remark=told)


def _chosen(
    at: Exchange, playlist: int | str, listed: Sequence[ServerPlaylist], links: Mapping[str, Link]
) -> ServerPlaylist:
    """Find a playlist of the server by what a person calls it."""
    own = {each.name: each.id for each in at.store.playlists.all()}
    wanted = own.get(playlist) if isinstance(playlist, str) else playlist
    for there in listed:
        if there.id in links and links[there.id].playlist == wanted:
            return there
    text = str(playlist)
    found = [each for each in listed if each.id == text] or [each for each in listed if each.name == text]
    found = found or [each for each in listed if same_name(each.name, text)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(printable(each.id) for each in found[:5])
        raise UsageError(f"{at.name} has {len(found)} playlists {printable(text)}: give the id, of {ids}.")
    known = ", ".join(printable(each.name) for each in listed[:5])
    none = remark("no-such-playlist", printable(text), at.name)
    raise UsageError(f"{str(none)[:-1]}; {f'it has {known}' if known else 'it has none'}.", remark=none)
