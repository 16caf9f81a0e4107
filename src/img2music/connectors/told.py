"""What servers tell in JSON, read tolerantly: what is not there, or is of another kind, is None."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from img2music.connectors.tags import find_mbid, one_line
from img2music.errors import printable
from img2music.track import EARLIEST, LAST_NUMBER, LATEST, LONGEST_SOUND

LONGEST_ID = 500
"""Characters of an id that are kept: keys of PostgreSQL's indices have 2,704 bytes at most."""
LONGEST_PATH = 4096
MOST_SONGS = 2_000_000
"""Songs of a server; one that goes on giving more is not believed."""
_LONGEST_NAME = 60  # characters by which a damaged song is told
_NOT_IN_IDS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Entry = dict[str, Any]
Song = TypeVar("Song")


class DamagedError(ValueError):
    """A song is told in such a way that it can't be kept and asked for."""


def within(told: Any, name: str) -> Entry:
    """The object of a name; an empty one where there is none."""
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def items(told: Entry, name: str) -> list[Entry]:
    """A list of objects, which is its only one in the answers of some, and is not there where there is none."""
    return [item for item in entries(told, name) if item]


def entries(told: Entry, name: str) -> list[Entry]:
    """The same, with an empty object in the place of what is none."""
    found = told.get(name)
    if isinstance(found, list):
        return [item if isinstance(item, dict) else {} for item in found]
    return [found] if isinstance(found, dict) else []


def identifier(found: Any) -> str:
    """An id, which is text or a number; empty where it is neither."""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def song_id(found: Any) -> str:
    """The id of a song, by which it can be kept and asked for."""
    id_ = identifier(found)
    if not id_:
        raise DamagedError("it has no id")
    if len(id_) > LONGEST_ID:
        raise DamagedError(f"its id has {len(id_):,} characters")
    if _NOT_IN_IDS.search(id_):
        raise DamagedError("its id holds control characters, or what is no character")
    return id_


def usable_id(found: Any) -> str | None:
    """An id that can be kept and asked for."""
    try:
        return song_id(found)
    except DamagedError:
        return None


def listed_ids(page: Callable[[int], tuple[list[Entry], int | None]], key: str) -> list[str]:
    """Read the ids of the songs of a list by their places, since it may have a song twice; "" for what is no id.

    A server that goes on for ever is not believed.
    """
    found: list[str] = []
    while len(found) < MOST_SONGS:
        entries, total = page(len(found))
        found += [usable_id(entry.get(key)) or "" for entry in entries]
        if not entries or len(found) >= (total or 0):
            break
    return found


def one_song(entry: Entry, read: Callable[[Entry], Song | None], fault: Callable[..., Exception]) -> Song:
    """Read one song that was asked for."""
    try:
        song = read(entry)
    except DamagedError:
        song = None
    if song is None:
        raise fault("there is no such song.", status=404)
    return song


def songs(
    found: Iterable[Entry],
    read: Callable[[Entry], Song | None],
    name: str,
    fault: Callable[[str], Exception],
    left_out: Callable[[str], object],
) -> Iterator[Song]:
    """Read songs, each of which has a field of that name to call it by; None is no song.

    Those that are damaged are left out, of which one line tells at the end: the fault of a server that has no others.
    """
    sound = damaged = 0
    line = ""
    for entry in found:
        try:
            song = read(entry)
        except DamagedError as error:
            damaged += 1
            title = printable((text(entry.get(name)) or "")[:_LONGEST_NAME])
            line = line or f"{title or 'a song'} is left out, since {error}"
            continue
        if song is not None:
            sound += 1
            yield song
    if damaged:
        line += f"; so are {damaged - 1:,} others." if damaged > 1 else "."
        if not sound:
            raise fault(f"none of its songs can be used: {line}")
        left_out(str(fault(line)))


def text(found: Any) -> str | None:
    """One line of text."""
    return (one_line(found) or None) if isinstance(found, str) else None


def texts(found: Any) -> str | None:
    """Several names as one line, as tags have them."""
    names = [name for each in (found if isinstance(found, list) else [found]) if (name := text(each))]
    return text("; ".join(names))


def number(found: Any) -> int | None:
    """A whole number that is not negative."""
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 19:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 1 << 63 else None


def ordinal(found: Any) -> int | None:
    """The number of a song on its disc, or of the disc."""
    value = number(found)
    return value if value is not None and 1 <= value <= LAST_NUMBER else None


def mbid(found: Any) -> str | None:
    """An id of MusicBrainz's."""
    return find_mbid([found]) if isinstance(found, str) else None


def year(found: Any) -> int | None:
    """A year that a song may be of."""
    value = number(found)
    return value if value is not None and EARLIEST <= value <= LATEST else None


def seconds(found: Any, unit: float = 1.0) -> float | None:
    """The length of a song, told in so many parts of a second."""
    value = found if isinstance(found, float) else number(found)
    return value / unit if value is not None and 0 < value / unit <= LONGEST_SOUND else None


def path(found: Any) -> str | None:
    """A path as it is; none that is too long, or holds what no file system does."""
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_PATH or "\0" in found:
        return None
    return found if found.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in found) else None


def suffix(path: Any, named: Any = None) -> str | None:
    """The extension of a file: of its path, or as it is named by itself."""
    name = path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else ""
    for each in (name.rpartition(".")[2] if "." in name else None, named):
        found = each.lower().lstrip(".") if isinstance(each, str) else ""
        if found.isalnum() and found.isascii() and len(found) <= 8:
            return found
    return None


def nanoseconds(found: Any) -> int:
    """A moment, in ISO 8601 or in seconds since 1970."""
    since = number(found)
    try:
        moment = datetime.fromisoformat(found) if since is None else datetime.fromtimestamp(since, UTC)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return number(int(moment.timestamp()) * 10**9) or 0
    except (TypeError, ValueError, OverflowError, OSError):
        return 0


def begun_name(name: str, comment: str = "") -> str:
    """Name a playlist that is being made: who makes it again finds by it what was begun, and there are never two."""
    meant = f"{name}\0{comment}".encode("utf-8", "surrogatepass")
    return f"img2music {hashlib.blake2b(meant, digest_size=8).hexdigest()}"


def known_by(entry: Entry, key: str) -> object:
    """What tells an entry from others: its id or, where that is lacking, all that is told of it."""
    return identifier(entry.get(key)) or hash(repr(entry))


def each_once(
    page: Callable[[int], tuple[list[Entry], int | None]], key: str, seen: set[object] | None = None
) -> Iterator[Entry]:
    """Walk pages of entries, given as what there is from some entry on, and how many there are.

    Where that number changes on the way, entries have moved from page to page: all are walked once more, for those that
    were passed over. ``seen`` gets what they are known by.
    """
    seen = set() if seen is None else seen
    for _ in range(2):
        passed: set[object] = set() if seen else seen
        totals = set()
        at = 0
        while len(passed) < MOST_SONGS:
            entries, total = page(at)
            totals.add(total)
            new = {id_: entry for entry in entries if (id_ := known_by(entry, key)) not in passed}
            if not new:  # nothing more, or one that does not know where pages begin
                break
            yield from (entry for id_, entry in new.items() if passed is seen or id_ not in seen)
            passed.update(new)
            at += len(entries)
            if total is not None and at >= total:
                break
        seen.update(passed)
        if len(totals) == 1:
            return
