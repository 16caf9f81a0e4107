"""Which tracks of the library the songs of a server are.

A song and a track are compared by all that both sides tell: where their files lie, how large these are, tags, length,
MusicBrainz's id of the recording. A title alone never makes them the same, nor do a title and an artist without a
length or an album beside them. Something that contradicts (another version, another artist, seconds of difference)
parts them, however much else agrees.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from img2music.library.schema import SAME_LENGTH
from img2music.library.song_names import (
    Likeness,
    SongPath,
    SongTitle,
    Versions,
    artists_of,
    in_other_scripts,
    joined,
    nearly,
    plain,
    same_artists,
    same_titles,
    same_version,
)
from img2music.remarks import Remark, remark

FAR = 4.0
"""Seconds beyond which two lengths are not those of one recording."""
EXACT = 0.15
"""Seconds by which encoders change a length, who pad what they encode."""
CLOSE = 0.5
"""Seconds within which they are those of one recording as well as nobody has cut or sped it."""
AROUND = (-1, 0, 1)
"""Seconds around a length in which those of the same recording are looked for; servers cut, or round."""
MOST_ALIKE = 60
"""Tracks that share something by which songs are looked up; what more of them share tells nothing."""
MOST_CANDIDATES = 5
"""Candidates of a song that are kept and told."""
CLEAR = 1.0
"""By how much the score of a track must exceed that of another recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SongFacts:
    """What is known of a song of a server, or of a track, to compare them by."""

    id: int | str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    year: int | None = None
    number: int | None = None
    disc: int | None = None
    duration: float | None = None
    path: str | None = None
    size: int | None = None
    changed: int = 0
    recording: str | None = None
    missing: bool = False


BY_HAND = "by-hand"
"""The remark on what a person said, whose value is the track, or nothing for none."""


class Verdict(StrEnum):
    """Whether a song is a track: surely, perhaps, or not although something is alike."""

    SURE = "sure"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a song being a track, and against it."""

    verdict: Verdict
    score: float  # orders those of one verdict
    how: str  # by what they are the same: "file", "recording", "path", "tags", "hand"; empty if they are not
    why: tuple[Remark, ...]


_UNKNOWN_ALBUMS = {"unknown", "unknown album", "no album"}


class _Read:
    """Facts, read once."""

    __slots__ = ("album", "artists", "facts", "file", "number", "path", "title", "versions")

    def __init__(self, facts: SongFacts) -> None:
        self.facts = facts
        self.path = path = SongPath.of(facts.path)
        untitled = not facts.title or path.is_name(facts.title)  # as servers call what has no tags
        title = path.title if untitled else facts.title or ""
        artists = artists_of(facts.artist) or artists_of(facts.album_artist)
        self.title = SongTitle.of(title)
        artist, dash, rest = title.partition(" - ")
        noted = untitled and self.title.core == plain(artist)  # what follows is a note of its version
        if not artists and dash and not noted:  # of a mix, where nobody else is named
            artists, self.title = artists_of(artist), SongTitle.of(rest)
        self.artists = artists or artists_of(path.artist)
        known = facts.album and plain(facts.album) not in _UNKNOWN_ALBUMS
        self.album = SongTitle.of(facts.album if known else path.album, album=True)
        self.number = facts.number or path.number
        self.versions: Versions = joined(self.title.versions, self.album.versions)
        self.file = (facts.path or "").rpartition(".")[2].lower()


def compare(song: SongFacts, track: SongFacts) -> Evidence:
    """Weigh all that both tell."""
    return _Comparison(_Read(song), _Read(track)).evidence()


_TOO_FAR = remark("other-length")
_SCRIPTS = remark("other-scripts")


class _Comparison:
    """What agrees of a song and a track, and what does not."""

    def __init__(self, song: _Read, track: _Read) -> None:
        one, other = song.facts, track.facts
        self._song, self._track = song, track
        self._title = same_titles(song.title.core, track.title.core)
        self._artist = _artists(song, track)
        self._album = _albums(song, track)
        self._version = _versions(song, track)
        self._number = _numbers(song, track)
        self._year = _equal(one.year, other.year)
        self._recording = _equal((one.recording or "").lower(), (other.recording or "").lower())
        self._shared = song.path.shared(track.path)
        self._file = bool(one.size) and one.size == other.size and song.file == track.file
        self._apart = apart = _apart(one.duration, other.duration)
        self._near = apart is not None and apart <= SAME_LENGTH
        self._close = apart is not None and apart <= CLOSE
        self._scripts = self._title is Likeness.UNKNOWN and in_other_scripts(song.title.core, track.title.core)

    def evidence(self) -> Evidence:
        """All of it together."""
        if parts := self._parted():
            maybe = len(parts) == 1 and parts[0] != _TOO_FAR and self._trusted()
            return Evidence(Verdict.MAYBE if maybe else Verdict.NO, self.score(), "", tuple(parts))
        if how := self._how():
            return Evidence(Verdict.SURE, self.score(), how, (remark(f"same-{how}"),))
        doubt = self._doubt_of_names() or self._doubt_of_release()
        if doubt:
            return Evidence(Verdict.MAYBE, self.score(), "", (doubt,))
        return Evidence(Verdict.SURE, self.score(), "tags", (remark("same-tags"),))

    def score(self) -> float:
        """How much agrees; of tracks that are the same recording, the likeliest has most."""
        one, other = self._song.facts, self._track.facts
        agreeing = {Likeness.SAME: 2.0, Likeness.VAGUE: 1.0}
        score = sum(agreeing.get(each, 0.0) for each in (self._title, self._artist, self._album))
        score += 1.5 * min(self._shared, 4) + 6.0 * self._file + 3.0 * (self._recording is Likeness.SAME)
        score += self._version is Likeness.SAME
        elsewhere = -1.0 if self._album >= Likeness.VAGUE else 0.0
        score += {Likeness.SAME: 1.0, Likeness.OTHER: elsewhere}.get(self._number, 0.0)
        score += {Likeness.SAME: 0.5, Likeness.OTHER: -0.25}.get(self._year, 0.0)
        score += 0.5 * (one.album is not None and one.album == other.album)
        score += 0.25 * (one.title is not None and one.title == other.title)
        score += 0.25 * (self._song.file == self._track.file) - 0.5 * other.missing
        return score + (0.0 if self._apart is None else max(-2.0, 1.0 - self._apart / 2.0))

    def _parted(self) -> list[Remark]:
        """What says that they are not the same."""
        found, known = [], self._recording is Likeness.SAME
        if self._apart is not None and self._apart > FAR:
            found.append(_TOO_FAR)
        if self._title is Likeness.OTHER and not known:
            found.append(remark("other-title"))
        if self._artist is Likeness.OTHER and not known:
            found.append(remark("other-artist"))
        if self._scripts and not (known or self._file or self._shared > 1 or (self._near and self._told_by_others())):
            found.append(remark("other-title-by-script"))
        if self._version is Likeness.OTHER:
            one, other = self._song.versions, self._track.versions
            kinds = sorted(set(one) ^ set(other)) or sorted(one)
            found.append(remark("other-version", ", ".join(kinds)))
        if self._recording is Likeness.OTHER:
            found.append(remark("other-recording"))
        return found

    def _told_by_others(self) -> bool:
        """Whether something else than the title tells that they are the same."""
        figures = self._number is Likeness.SAME and self._year is Likeness.SAME
        return self._artist >= Likeness.VAGUE or self._album >= Likeness.VAGUE or figures

    def _trusted(self) -> bool:
        """Whether so much tells that they are the same that the one thing that parts them may be a slip."""
        if self._recording is Likeness.SAME and self._near:  # mastered anew, it is the same to MusicBrainz
            return True
        if self._recording is Likeness.OTHER and (self._near or self._apart is None):  # it may be there twice
            return True
        if self._close and (self._shared > 2 or (self._album is Likeness.SAME and self._number is Likeness.SAME)):
            return True
        named = self._title >= Likeness.VAGUE and self._version is not Likeness.OTHER
        return self._file and named and (self._shared > 1 or self._apart is None or self._close)

    def _how(self) -> str:
        """What proves that they are the same; empty if nothing does."""
        named, apart = self._title >= Likeness.VAGUE, self._apart
        if self._file and (named or self._shared) and (self._close or self._shared > 1):
            return "file"
        if self._recording is Likeness.SAME and (apart is None or self._near or named):
            return "recording"
        if self._shared > 2 and (self._near or apart is None) and not self._anew():
            return "path"
        return ""

    def _anew(self) -> bool:
        """Whether it may be mastered anew: of another year, and not as long as another encoding would be."""
        return self._year is Likeness.OTHER and self._apart is not None and self._apart > EXACT

    def _doubt_of_names(self) -> Remark | None:
        """Why title, artist and length do not suffice; None if they do."""
        same_title, same_album = self._title is Likeness.SAME, self._album >= Likeness.VAGUE
        placed = same_album and self._number is Likeness.SAME
        if Likeness.UNKNOWN in (self._title, self._artist):
            return self._doubt_without(placed=placed)
        if self._apart is None:
            alike = (self._title, self._artist, self._album, self._version)
            whole = min(alike) is Likeness.SAME and self._number is not Likeness.OTHER
            return None if whole else remark("no-length")
        if not self._near:
            return remark("lengths-differ", f"{self._apart:.1f}")
        vague = min(self._title, self._artist) is Likeness.VAGUE
        if vague and not (self._close and (placed or (same_title and same_album))):
            return remark("artist-spelling" if same_title else "title-spelling")
        return None

    def _doubt_without(self, *, placed: bool) -> Remark | None:
        """Why what is told beside a title or an artist that can't be compared does not suffice; None if it does."""
        if self._scripts:
            whole = placed and self._artist is Likeness.SAME and self._close and self._year is not Likeness.OTHER
            return None if whole else _SCRIPTS
        if self._title is Likeness.UNKNOWN:
            return remark("no-title")
        here = placed or (self._album >= Likeness.VAGUE and self._shared > 1)
        if self._title is Likeness.SAME and self._close and here:
            return None
        return _SCRIPTS if self._song.artists and self._track.artists else remark("no-artist")

    def _doubt_of_release(self) -> Remark | None:
        """Why it may be another release, of another recording or master; None if it is none, or does not matter."""
        same_album, apart = self._album >= Likeness.VAGUE, f"{self._apart or 0.0:.1f}"
        doubts = {
            remark("version-on-one-side"): self._version is Likeness.VAGUE
            and ("remix" in self._song.versions or not (same_album and self._close)),
            remark("other-album", apart): self._album is Likeness.OTHER and not self._close,
            remark("other-year", apart): self._anew(),
            remark("no-year", apart): self._year is Likeness.UNKNOWN and self._apart is not None and not self._close,
            remark("other-number"): same_album and self._number is Likeness.OTHER and self._shared < 2,
        }
        return next((doubt for doubt, holds in doubts.items() if holds), None)


def _apart(one: float | None, other: float | None) -> float | None:
    """Seconds between two lengths, of which servers tell whole ones, some rounded, some cut."""
    if one is None or other is None:
        return None
    ranges = [(each - 0.5, each + 1.0) if each == int(each) else (each, each) for each in (one, other)]
    return max(0.0, ranges[0][0] - ranges[1][1], ranges[1][0] - ranges[0][1])


def _equal(one: object, other: object) -> Likeness:
    if one in (None, 0, "") or other in (None, 0, ""):
        return Likeness.UNKNOWN
    return Likeness.SAME if one == other else Likeness.OTHER


def _numbers(song: _Read, track: _Read) -> Likeness:
    """Compare numbers on the discs, and the discs where both tell one."""
    if _equal(song.facts.disc, track.facts.disc) is Likeness.OTHER:
        return Likeness.OTHER
    return _equal(song.number, track.number)


def _artists(song: _Read, track: _Read) -> Likeness:
    found = same_artists(song.artists, track.artists)
    if found is Likeness.OTHER:  # a guest may stand first
        albums = [artists_of(each.facts.album_artist) for each in (song, track)]
        if Likeness.SAME in (same_artists(albums[0], track.artists), same_artists(song.artists, albums[1])):
            return Likeness.VAGUE
    return found


def _albums(song: _Read, track: _Read) -> Likeness:
    one, other = song.album, track.album
    if not one.core or not other.core:
        return Likeness.UNKNOWN
    if one.core == other.core:
        return Likeness.SAME
    if nearly(one.core, other.core):
        return Likeness.VAGUE
    told = song.facts.album is not None and track.facts.album is not None
    told = told and not in_other_scripts(one.core, other.core)
    return Likeness.OTHER if told else Likeness.UNKNOWN  # folders need not be named by albums


def _versions(song: _Read, track: _Read) -> Likeness:
    """Compare notes of version; those that only an album has are nothing against a song of which no album is told."""
    found = same_version(song.versions, track.versions)
    if found is Likeness.OTHER and not (song.album.core and track.album.core):
        return min(same_version(song.title.versions, track.title.versions), Likeness.VAGUE)
    return found


# Looking up


def _keys(read: _Read) -> Iterator[tuple[object, ...]]:
    """By what songs are looked up: each key that two of the same may share."""
    facts, title = read.facts, read.title.core
    if title:
        yield from (("title", title, artist) for artist in read.artists[:4])
        if read.album.core:
            yield "album", title, read.album.core
        yield "title alone", title
    if read.path.parts:
        yield "path", *read.path.parts[:2]
        if len(read.path.parts) > 1 and not title:
            yield "name", read.path.parts[0]
    if facts.size:
        yield "size", facts.size
    if facts.recording:
        yield "recording", facts.recording.lower()
    if read.album.core and read.number:
        yield "number", read.album.core, read.number, read.artists[:1]


def _wide_keys(read: _Read, around: Sequence[int] = (0,)) -> Iterator[tuple[object, ...]]:
    """By what songs are looked up whose title nobody has: their album, and their length to some seconds around it."""
    facts, album = read.facts, read.album.core
    if album:
        yield "of album", album, read.artists[:1]
    if facts.duration is not None:
        for second in (int(facts.duration) + more for more in around):
            yield from (("length", second, name) for name in (*read.artists[:2], album) if name)
            if read.number and facts.year:
                yield "figures", second, read.number, facts.year


def _hashed(key: tuple[object, ...]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=4).digest(), "little")


class TrackIndex:
    """Finds tracks that share something with a song; 8 bytes a key, a dozen keys a track.

    A key is kept as 32 bits of its hash above the number of its track, so that all are sorted where they are. What has
    the same hash by chance is a track more to compare.
    """

    def __init__(self, tracks: Iterable[SongFacts]) -> None:
        keys = array("Q")
        for track in tracks:
            read = _Read(track)
            keys.extend(_hashed(key) << 32 | int(track.id) for key in (*_keys(read), *_wide_keys(read)))
        self._keys: NDArray[np.uint64] = np.frombuffer(keys, np.uint64) if keys else np.empty(0, np.uint64)
        self._keys.sort()

    def like(self, song: SongFacts, *, wide: bool = False) -> list[int]:
        """Ids of tracks that share a key with a song, those that share most first.

        With ``wide``, also those of its album, and of its artist or album and as long.
        """
        shared: dict[int, int] = {}
        read = _Read(song)
        hashes = [_hashed(key) for key in (*_keys(read), *(_wide_keys(read, AROUND) if wide else ()))]
        bounds = np.array([[each << 32, each << 32 | 0xFFFFFFFF] for each in hashes], np.uint64).reshape(-1, 2)
        ends = np.searchsorted(self._keys, bounds[:, 1], "right")
        for first, end in zip(np.searchsorted(self._keys, bounds[:, 0]), ends, strict=True):
            if end - first <= MOST_ALIKE:
                for track in (self._keys[first:end] & np.uint64(0xFFFFFFFF)).tolist():
                    shared[track] = shared.get(track, 0) + 1
        return sorted(shared, key=lambda track: (-shared[track], track))[:MOST_ALIKE]


# Choosing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that a song may be, and what speaks for it."""

    track: int
    evidence: Evidence
    song: str = ""  # where songs are told of a track


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a song: the tracks that it is, the likeliest first, or else why none."""

    song: str
    tracks: tuple[Candidate, ...]  # all the same recording; none if that is not sure
    candidates: tuple[Candidate, ...]  # what else is alike, the likeliest first
    why: tuple[Remark, ...]  # why it is no track, or which

    @property
    def unsure(self) -> bool:
        """Whether it may be a track, and a person would have to say which."""
        return not self.tracks and any(each.evidence.verdict is not Verdict.NO for each in self.candidates)


def choose(song: SongFacts, tracks: Sequence[SongFacts]) -> Mapped:
    """Choose among tracks that share something with a song."""
    read, others = _Read(song), {int(track.id): _Read(track) for track in tracks}
    found = sorted(
        (Candidate(id_, _Comparison(read, other).evidence()) for id_, other in others.items()),
        key=lambda each: (-_RANK[each.evidence.verdict], -each.evidence.score, each.track),
    )
    sure = [each for each in found if each.evidence.verdict is Verdict.SURE]
    name = str(song.id)
    if not sure:
        told = tuple(each for each in found if _worth_telling(each.evidence))[:MOST_CANDIDATES]
        maybe = [each for each in told if each.evidence.verdict is Verdict.MAYBE]
        return Mapped(name, (), told, maybe[0].evidence.why if maybe else _absent(told))
    best = others[sure[0].track]
    same, rivals = [sure[0]], []
    for each in sure[1:]:
        if _Comparison(best, others[each.track]).evidence().verdict is Verdict.SURE:
            same.append(each)
        else:
            rivals.append(each)
    if rivals and sure[0].evidence.score - rivals[0].evidence.score < CLEAR:
        told = tuple(sure[:MOST_CANDIDATES])
        return Mapped(name, (), told, (remark("several"),))
    return Mapped(name, tuple(same[:MOST_CANDIDATES]), tuple(rivals[:MOST_CANDIDATES]), sure[0].evidence.why)


def settled(song: str, track: int | None) -> Mapped:
    """What a person said of a song: the track that it is, or that it is none."""
    why = (remark(BY_HAND, "" if track is None else track),)
    return Mapped(
        song, () if track is None else (Candidate(track, Evidence(Verdict.SURE, 200.0, "hand", why)),), (), why
    )


_RANK = {Verdict.SURE: 2, Verdict.MAYBE: 1, Verdict.NO: 0}


_OTHER_NAMES = {remark("other-title"), remark("other-title-by-script"), remark("other-artist")}


def _worth_telling(evidence: Evidence) -> bool:
    """What is no more alike than any two songs of a title is not told."""
    return evidence.verdict is not Verdict.NO or not _OTHER_NAMES & {*evidence.why}


def _absent(told: Sequence[Candidate]) -> tuple[Remark, ...]:
    return (remark("nearest"), *told[0].evidence.why) if told else (remark("nothing-like-it"),)


def one_each(songs: Mapping[str, Mapped], facts: Callable[[str], SongFacts]) -> dict[str, Mapped]:
    """Let two songs of a server be one track only if they are the same recording; else the likelier one is.

    The other is the next track that it surely may be, or is unsure.
    """
    claims: dict[int, list[str]] = {}
    for name, mapped in songs.items():
        for candidate in mapped.tracks[:1]:
            claims.setdefault(candidate.track, []).append(name)
    changed: dict[str, Mapped] = {}
    for track, names in claims.items():
        if len(names) < 2:
            continue
        first, *others = sorted(names, key=lambda name: (-songs[name].tracks[0].evidence.score, name))
        for name in others:
            if compare(facts(first), facts(name)).verdict is not Verdict.SURE:
                mapped = songs[name]
                rest = tuple(each for each in mapped.tracks if each.track not in claims)
                if rest:
                    changed[name] = Mapped(name, rest, mapped.candidates, mapped.why)
                else:
                    its = (*mapped.tracks, *mapped.candidates)[:MOST_CANDIDATES]
                    changed[name] = Mapped(name, (), its, (remark("rather", track),))
    return dict(songs) | changed
