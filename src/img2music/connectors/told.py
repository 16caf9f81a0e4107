"""What servers tell in JSON, read tolerantly: what is not there, or is of another kind, is None."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from img2music.connectors.tags import one_line
from img2music.track import EARLIEST, LATEST, LONGEST_SOUND

LONGEST_ID = 500
"""Characters of an id."""
LONGEST_PATH = 4096

Entry = dict[str, Any]


def within(told: Any, name: str) -> Entry:
    """The object of a name; an empty one where there is none."""
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def items(told: Entry, name: str) -> list[Entry]:
    """A list of objects, which is its only one in the answers of some, and is not there where there is none."""
    found = told.get(name)
    several: Iterable[Any] = found if isinstance(found, list) else [found]
    return [item for item in several if isinstance(item, dict)]


def identifier(found: Any) -> str:
    """An id, which is text or a number; empty where it is neither."""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def is_damaged(id_: str) -> bool:
    """Whether an id is none that can be kept and asked for."""
    return len(id_) > LONGEST_ID or not id_.isprintable()


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


def each_once(page: Callable[[int], tuple[list[Entry], int | None]], key: str) -> Iterator[Entry]:
    """Walk pages of entries, given as what there is from some entry on, and how many there are.

    Where that number changes on the way, entries have moved from page to page: all are walked once more, for those that
    were passed over.
    """
    seen: set[str] = set()
    for _ in range(2):
        passed: set[str] = set()
        totals = set()
        at = 0
        while True:
            entries, total = page(at)
            totals.add(total)
            by_id = {identifier(entry.get(key)): entry for entry in entries}
            by_id.pop("", None)
            if passed.issuperset(by_id):  # nothing more, or one that does not know where pages begin
                break
            passed.update(by_id)
            yield from (entry for id_, entry in by_id.items() if id_ not in seen)
            seen.update(by_id)
            at += len(entries)
            if total is not None and at >= total:
                break
        if len(totals) == 1:
            return
