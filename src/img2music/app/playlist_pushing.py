"""Writes a playlist of a library to a music server, in place."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from img2music.app.server_exchange import MARK, Exchange, mark_of
from img2music.app.server_reports import MatchedSong, PushReport
from img2music.connectors.music_server import ServerPlaylist
from img2music.errors import ConflictError, UsageError, printable
from img2music.library.playlists import PlaylistSummary
from img2music.library.servers import Link, same_name
from img2music.options import ExchangeOptions
from img2music.remarks import Remark, remark

Done = Literal["made", "renewed", "unchanged"]

MOST_NAMED = 3
"""Songs that a note names."""


class Push:
    """One playlist on its way to a server."""

    def __init__(self, at: Exchange, found: PlaylistSummary, wishes: ExchangeOptions) -> None:
        self._at, self._found, self._wishes = at, found, wishes
        self._notes: list[Remark] = []
        self._needs: list[Literal["overwrite", "take_over"]] = []
        self._listed: Sequence[ServerPlaylist] = at.server.playlists()
        self._renamed_there = False

    def run(self) -> PushReport:
        """Write it, or tell what would be written."""
        at, found = self._at, self._found
        matched, left_out = at.sendable(at.store.playlists.entries(found.id))
        wanted = tuple(each.song for each in matched)
        if not wanted:
            title = printable(found.name)
            told = remark("nothing-to-send", title, at.name) if left_out else remark("no-songs", title)
            if not self._wishes.dry_run:
                raise UsageError(str(told), remark=told)
            self._notes.append(told)
        link, there, name = self._find()
        actual = None if there is None else at.songs_there(there)
        if there is not None and actual is not None and link is not None:
            self._require_unchanged(link, there, actual)
        own = link or Link(playlist=found.id, id=None, mark=str(uuid.uuid4()), name=name)
        own = replace(own, songs=actual or ())
        done: Done = "made" if there is None else "renewed"
        if there is not None and (actual, there.name) == (wanted, name) and _bears(there, own.mark):
            done = "unchanged"
        id_ = None if there is None else there.id
        if not self._wishes.dry_run:
            id_, stored = (there.id, wanted) if there and done == "unchanged" else self._write(own, there, name, wanted)
            if stored != wanted:
                self._notes.append(_lie(at.name, matched, stored))
            before = {each.id for each in self._listed if there is None or each.id != there.id} | {id_}
            both = own.name if self._renamed_there else name  # until it is pulled, which renames it here, too
            settled = replace(own, id=id_, name=both, songs=stored, sending=None, naming=None, theirs=False)
            settled = replace(settled, before=tuple(before), title=found.name, updated=found.updated)
            at.store.servers.put_link(at.name, settled)
        return PushReport(
            connection=at.name,
            playlist=found.name,
            name=name,
            id=id_,
            done=done,
            dry_run=self._wishes.dry_run,
            needs=tuple(self._needs),
            matched=tuple(matched),
            left_out=tuple(left_out),
            remarks=(*self._at.remarks, *self._notes),
        )

    def _find(self) -> tuple[Link | None, ServerPlaylist | None, str]:
        """Find where it goes: what is known of that, the playlist there if there is one, and its name."""
        link = self._at.link_of(self._found.id)
        there = None if link is None else self._at.standing(link, self._listed)
        if link is not None and there is not None:
            self._require_ours(link, there)
        name = self._name(link, there)
        if there is not None:
            if name != there.name:
                self._taken_over(name, there)
            return link, there, name
        if link is not None and link.id is not None:
            self._notes.append(remark("made-anew", self._at.name))
        taken = self._taken_over(name, None)
        return (link, None, name) if taken is None else (None, taken, name)

    def _write(
        self, own: Link, there: ServerPlaylist | None, name: str, wanted: tuple[str, ...]
    ) -> tuple[str, tuple[str, ...]]:
        """Store what is meant, do it, and look at what came of it: the playlist's id, and the songs that it holds."""
        server, links, where = self._at.server, self._at.store.servers, self._at.name
        before = tuple(each.id for each in self._listed)
        if there is None:
            first = own.naming or name  # where making it was stopped, a client finds by name and mark what it began
            meant = replace(own, id=None, sending=wanted, naming=first, before=before)
            links.put_link(where, meant)
            id_ = server.create_playlist(first, _marked(None, own.mark), wanted)
            links.put_link(where, replace(meant, id=id_))
            if first != name:
                id_ = server.replace_playlist(id_, name, _marked(None, own.mark), wanted)
        else:
            links.put_link(where, replace(own, id=there.id, sending=wanted, naming=name, before=before))
            id_ = server.replace_playlist(there.id, name, _marked(there.comment, own.mark), wanted)
        return id_, tuple(server.playlist_songs(id_))

    def _require_ours(self, link: Link, there: ServerPlaylist) -> None:
        """Refuse to write into what somebody else made."""
        if link.theirs and not self._wishes.take_over:
            told = remark("made-there", printable(there.name), self._at.name)
            self._refuse("take_over", told, "give `take_over=True` to write into it")

    def _refuse(self, needed: Literal["overwrite", "take_over"], told: Remark, remedy: str) -> None:
        """Refuse what lacks an option, or tell that it would be refused."""
        if not self._wishes.dry_run:
            raise ConflictError(f"{str(told)[:-1]}: {remedy}.", remark=told)
        self._needs.append(needed)
        self._notes.append(told)

    def _require_unchanged(self, link: Link, there: ServerPlaylist, actual: tuple[str, ...]) -> None:
        """Refuse to overwrite what somebody did to the songs there."""
        if actual == link.songs or (link.sending is not None and _between(actual, link.songs, link.sending)):
            return
        more, less = len(set(actual) - set(link.songs)), len(set(link.songs) - set(actual))
        where = printable(there.name), self._at.name
        told = remark("changed-there", *where, more, less) if more or less else remark("reordered-there", *where)
        if self._wishes.overwrite or self._wishes.take_over:
            self._notes += [told, remark("overwritten")]
        else:
            self._refuse("overwrite", told, "pull it to have that here, or give `overwrite=True` to lose it")

    def _taken_over(self, name: str, ours: ServerPlaylist | None) -> ServerPlaylist | None:
        """A playlist of this name that somebody else made, if it is to be written into."""
        for each in self._listed:
            if each.own and each is not ours and same_name(each.name, name):
                if ours is not None or not self._wishes.take_over:
                    told = remark("not-ours", printable(each.name), self._at.name)
                    if ours is not None:  # which is not written into two
                        raise ConflictError(f"{str(told)[:-1]}: give another `name`.", remark=told)
                    self._refuse("take_over", told, "give another `name`, or `take_over=True` to write into it")
                return each
        return None

    def _name(self, link: Link | None, there: ServerPlaylist | None) -> str:
        """What it is called there: as asked; as somebody called it there, unless it was renamed here since."""
        here, where = self._found.name, self._at.name
        if self._wishes.name is not None:
            return self._wishes.name
        if link is None or there is None or link.title is None:
            return here
        if here != link.title:
            if there.name not in (link.name, here):
                self._notes.append(remark("renamed-on-both-sides", printable(there.name), where))
            return here
        if there.name != link.name:
            self._renamed_there = True
            self._notes.append(remark("keeps-name-there", printable(there.name), where))
        return there.name


def _bears(playlist: ServerPlaylist, mark: str) -> bool:
    return playlist.comment is None or mark_of(playlist) == mark  # not every server has comments


def _marked(comment: str | None, mark: str) -> str:
    """What a person wrote there, and the mark."""
    text = (comment or "").strip()
    if not text:
        return f"Made by img2music. img2music:{mark}"
    return MARK.sub(f"img2music:{mark}", text) if MARK.search(text) else f"{text} img2music:{mark}"


def _between(actual: tuple[str, ...], old: tuple[str, ...], sent: tuple[str, ...]) -> bool:
    """Whether songs may be what was there while others were put in their place: some of either."""
    return _in_order(actual, old) + _in_order(actual[::-1], sent[::-1]) >= len(actual)


def _in_order(songs: tuple[str, ...], among: tuple[str, ...]) -> int:
    """How many of the first songs are among others in their order."""
    left = iter(among)
    return next((count for count, song in enumerate(songs) if song not in left), len(songs))


def _lie(name: str, sent: Sequence[MatchedSong], stored: tuple[str, ...]) -> Remark:
    """Say what a server stored that is not what it was sent."""
    kept = set(stored)
    lost = [each.name for each in sent if each.song not in kept]
    if lost:
        told = name, f"{len(sent) - len(lost):,}", f"{len(sent):,}", ", ".join(lost[:MOST_NAMED])
        if lost[MOST_NAMED:]:
            return remark("stored-without-more", *told, f"{len(lost) - MOST_NAMED:,}")
        return remark("stored-without", *told)
    more = len(stored) - len(sent)
    return remark("stored-more", name, f"{more:,}") if more > 0 else remark("stored-in-another-order", name)
