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
    joined,
    nearly,
    plain,
    same_artists,
    same_titles,
    same_version,
)

FAR = 4.0
"""Seconds beyond which two lengths are not those of one recording."""
CLOSE = 0.5
"""Seconds within which they are those of one recording as well as nobody has cut or sped it."""
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
    duration: float | None = None
    path: str | None = None
    size: int | None = None
    changed: int = 0
    recording: str | None = None
    missing: bool = False


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
    how: str  # by what they are the same: "file", "recording", "path", "tags"; empty if they are not
    why: str  # in words


class _Read:
    """Facts, read once."""

    __slots__ = ("album", "artists", "facts", "file", "number", "path", "title", "versions")

    def __init__(self, facts: SongFacts) -> None:
        self.facts = facts
        self.path = path = SongPath.of(facts.path)
        title = facts.title or path.title
        artists = artists_of(facts.artist) or artists_of(facts.album_artist)
        if not artists and " - " in title:  # of a mix, where nobody else is named
            artist, _, title = title.partition(" - ")
            artists = artists_of(artist)
        self.title = SongTitle.of(title)
        self.artists = artists or artists_of(path.artist)
        self.album = SongTitle.of(facts.album or path.album, album=True)
        self.number = facts.number or path.number
        self.versions: Versions = joined(self.title.versions, self.album.versions)
        self.file = (facts.path or "").rpartition(".")[2].lower()


def compare(song: SongFacts, track: SongFacts) -> Evidence:
    """Weigh all that both tell."""
    return _compare(_Read(song), _Read(track))


def _compare(song: _Read, track: _Read) -> Evidence:
    one, other = song.facts, track.facts
    title = same_titles(song.title.core, track.title.core)
    artist = _artists(song, track)
    album = _albums(song, track)
    version = _versions(song, track)
    number = _equal(song.number, track.number)
    recording = _equal(one.recording and one.recording.lower(), other.recording and other.recording.lower())
    shared = song.path.shared(track.path)
    file = bool(one.size) and one.size == other.size and song.file == track.file
    apart = _apart(one.duration, other.duration)
    near, close = apart is not None and apart <= SAME_LENGTH, apart is not None and apart <= CLOSE

    score = _score(song, track, (title, artist, album, version, number), shared, apart)
    score += 6.0 * file + 3.0 * (recording is Likeness.SAME)
    if parts := _parted(song, track, title, artist, version, recording, apart):
        trusted = file and (shared > 1 or (apart or 0.0) <= CLOSE) or (shared > 2 and close)
        same = title >= Likeness.VAGUE and version is not Likeness.OTHER
        if len(parts) == 1 and trusted and (same or shared > 2) and parts[0] != _TOO_FAR:
            return Evidence(Verdict.MAYBE, score, "", parts[0])
        return Evidence(Verdict.NO, score, "", "; ".join(parts))

    named = title >= Likeness.VAGUE
    if file and (named or shared) and (close or shared > 1):
        return Evidence(Verdict.SURE, score, "file", "the same size and name")
    if recording is Likeness.SAME and (apart is None or near or named):
        return Evidence(Verdict.SURE, score, "recording", "the same recording by its MusicBrainz id")
    if shared > 2 and (near or apart is None) and version is not Likeness.OTHER:
        return Evidence(Verdict.SURE, score, "path", "the same path below another root")
    if doubt := _doubt(song, track, (title, artist, album, version, number), shared, apart):
        return Evidence(Verdict.MAYBE, score, "", doubt)
    return Evidence(Verdict.SURE, score, "tags", "the same title, artist and length")


_TOO_FAR = "another length"


def _parted(
    song: _Read,
    track: _Read,
    title: Likeness,
    artist: Likeness,
    version: Likeness,
    recording: Likeness,
    apart: float | None,
) -> list[str]:
    """What says that they are not the same."""
    found = []
    if apart is not None and apart > FAR:
        found.append(_TOO_FAR)
    if title is Likeness.OTHER and recording is not Likeness.SAME:
        found.append("another title")
    if artist is Likeness.OTHER and recording is not Likeness.SAME:
        found.append("another artist")
    if version is Likeness.OTHER:
        kinds = sorted(set(song.versions) ^ set(track.versions)) or sorted(song.versions)
        found.append(f"another version ({', '.join(kinds)})")
    if recording is Likeness.OTHER:
        found.append("another recording by its MusicBrainz id")
    return found


def _doubt(
    song: _Read, track: _Read, likeness: tuple[Likeness, ...], shared: int, apart: float | None
) -> str | None:
    """Why tags do not suffice; None if they do."""
    title, artist, album, version, number = likeness
    same_album, close, near = album >= Likeness.VAGUE, apart is not None and apart <= CLOSE, apart is not None and apart <= SAME_LENGTH
    if title is Likeness.UNKNOWN:
        return "one has no title"
    if artist is Likeness.UNKNOWN:
        placed = same_album and (number is Likeness.SAME or shared > 1)
        return None if title is Likeness.SAME and close and placed else "one has no artist"
    if apart is None:
        whole = title is artist is album is version is Likeness.SAME and number is not Likeness.OTHER
        return None if whole else "no length to compare"
    if not near:
        return f"lengths differ by {apart:.1f} seconds"
    if title is Likeness.VAGUE or artist is Likeness.VAGUE:
        placed = same_album and number is Likeness.SAME
        spelt = title is Likeness.SAME and same_album
        if not close or not (placed or spelt):
            return f"the {'title' if title is Likeness.VAGUE else 'artist'} is spelt otherwise"
    if version is Likeness.VAGUE and not (same_album and close):
        return "which version it is is told on one side only"
    if album is Likeness.OTHER and not close:
        return f"on another album, and lengths differ by {apart:.1f} seconds"
    if not close and _equal(song.facts.year, track.facts.year) is Likeness.OTHER:
        return f"of another year, and lengths differ by {apart:.1f} seconds"
    if same_album and number is Likeness.OTHER and shared < 2:
        return "another number on the album"
    return None


def _score(
    song: _Read, track: _Read, likeness: tuple[Likeness, ...], shared: int, apart: float | None
) -> float:
    """How much agrees; of tracks that are the same recording, the likeliest has most."""
    title, artist, album, version, number = likeness
    one, other = song.facts, track.facts
    score = 1.5 * min(shared, 4) + {Likeness.SAME: 2.0, Likeness.VAGUE: 1.0}.get(title, 0.0)
    score += {Likeness.SAME: 2.0, Likeness.VAGUE: 1.0}.get(artist, 0.0)
    score += {Likeness.SAME: 2.0, Likeness.VAGUE: 1.0}.get(album, 0.0) + (version is Likeness.SAME)
    score += {Likeness.SAME: 1.0, Likeness.OTHER: -1.0 if album >= Likeness.VAGUE else 0.0}.get(number, 0.0)
    score += 0.5 * (one.album is not None and one.album == other.album)
    score += 0.25 * (one.title is not None and one.title == other.title)
    score += {Likeness.SAME: 0.5, Likeness.OTHER: -0.25}.get(_equal(one.year, other.year), 0.0)
    score += 0.25 * (song.file == track.file) - 0.5 * other.missing
    return score + (0.0 if apart is None else max(-2.0, 1.0 - apart / 2.0))


def _apart(one: float | None, other: float | None) -> float | None:
    """Seconds between two lengths, of which servers tell whole ones, some rounded, some cut; None where one is not told."""
    if one is None or other is None:
        return None
    ranges = [(each - 0.5, each + 1.0) if each == int(each) else (each, each) for each in (one, other)]
    return max(0.0, ranges[0][0] - ranges[1][1], ranges[1][0] - ranges[0][1])


def _equal(one: object, other: object) -> Likeness:
    if one in (None, 0, "") or other in (None, 0, ""):
        return Likeness.UNKNOWN
    return Likeness.SAME if one == other else Likeness.OTHER


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
    told = song.facts.album is not None and track.facts.album is not None
    if nearly(one.core, other.core):
        return Likeness.VAGUE
    return Likeness.OTHER if told else Likeness.UNKNOWN  # folders need not be named by albums


def _versions(song: _Read, track: _Read) -> Likeness:
    """Compare notes of version; those that only an album has are nothing against a song of which no album is told."""
    found = same_version(song.versions, track.versions)
    if found is Likeness.OTHER and not (song.album.core and track.album.core):
        alone = same_version(song.title.versions, track.title.versions)
        return min(alone, Likeness.VAGUE)
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


def _wide_keys(read: _Read) -> Iterator[tuple[object, ...]]:
    """By what songs are looked up whose title nobody has: their album."""
    if read.album.core:
        yield "of album", read.album.core, read.artists[:1]


def _hashed(key: tuple[object, ...]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class TrackIndex:
    """Finds tracks that share something with a song; 16 bytes a key, some keys a track."""

    def __init__(self, tracks: Iterable[SongFacts]) -> None:
        keys, ids = array("Q"), array("q")
        for track in tracks:
            read = _Read(track)
            for key in (*_keys(read), *_wide_keys(read)):
                keys.append(_hashed(key))
                ids.append(int(track.id))
        unsorted = np.frombuffer(keys, np.uint64) if keys else np.empty(0, np.uint64)
        order = np.argsort(unsorted, kind="stable")
        self._keys: NDArray[np.uint64] = unsorted[order]
        self._ids: NDArray[np.int64] = (np.frombuffer(ids, np.int64) if ids else np.empty(0, np.int64))[order]

    def like(self, song: SongFacts, *, wide: bool = False) -> list[int]:
        """Ids of tracks that share a key with a song, those that share most first; ``wide``, also its whole album."""
        shared: dict[int, int] = {}
        read = _Read(song)
        keys = [*_keys(read), *(_wide_keys(read) if wide else ())]
        wanted = np.array([_hashed(key) for key in keys], np.uint64)
        for first, end in zip(
            np.searchsorted(self._keys, wanted), np.searchsorted(self._keys, wanted, "right"), strict=True
        ):
            if end - first <= MOST_ALIKE:
                for track in self._ids[first:end].tolist():
                    shared[track] = shared.get(track, 0) + 1
        return sorted(shared, key=lambda track: (-shared[track], track))[:MOST_ALIKE]


# Choosing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that a song may be, and what speaks for it."""

    track: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a song: the tracks that it is, the likeliest first, or else why none."""

    song: str
    tracks: tuple[Candidate, ...]  # all the same recording; none if that is not sure
    candidates: tuple[Candidate, ...]  # what else is alike, the likeliest first
    why: str  # why it is no track, or which


def choose(song: SongFacts, tracks: Sequence[SongFacts]) -> Mapped:
    """Choose among tracks that share something with a song."""
    read, others = _Read(song), {int(track.id): _Read(track) for track in tracks}
    found = sorted(
        (Candidate(id_, _compare(read, other)) for id_, other in others.items()),
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
        if _compare(best, others[each.track]).verdict is Verdict.SURE:
            same.append(each)
        else:
            rivals.append(each)
    if rivals and sure[0].evidence.score - rivals[0].evidence.score < CLEAR:
        told = tuple(sure[:MOST_CANDIDATES])
        return Mapped(name, (), told, "several tracks fit as well, and they are not the same recording")
    return Mapped(name, tuple(same[:MOST_CANDIDATES]), tuple(rivals[:MOST_CANDIDATES]), sure[0].evidence.why)


_RANK = {Verdict.SURE: 2, Verdict.MAYBE: 1, Verdict.NO: 0}


def _worth_telling(evidence: Evidence) -> bool:
    """What is no more alike than any two songs of a title is not told."""
    return evidence.verdict is not Verdict.NO or ("another title" not in evidence.why and "artist" not in evidence.why)


def _absent(told: Sequence[Candidate]) -> str:
    return f"what is most like it is {told[0].evidence.why}" if told else "nothing in the library is like it"


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
                    changed[name] = Mapped(name, (), mapped.tracks, f"another song of the server is rather #{track}")
    return dict(songs) | changed
