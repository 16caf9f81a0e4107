"""Smart playlists of Navidrome: rules over tags, by which it finds songs itself, those that come later, too.

References
----------
Read in Navidrome's source, of 0.55 and later (``model/criteria``, ``persistence/criteria_sql.go``,
``core/playlists/parse_nsp.go``, ``model/tag_mappings.go``), and in its documentation:
https://www.navidrome.org/docs/usage/features/smart-playlists and .../usage/configuration/custom-tags.

A tag is compared as text unless the configuration says that it is a number. What is written here holds for both: tags
have two decimals, and their bounds, as text, a third. ``inTheRange`` is for columns only, not for tags.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.connectors.tag_writing import has_facts
from img2music.connectors.writable_tags import MARK
from img2music.errors import UsageError, printable

if TYPE_CHECKING:
    from img2music.filters import TrackFilter
    from img2music.library.search import AffectIndex
    from img2music.matching.ranking import TrackIndex
    from img2music.matching.recommendation import Recommendations

AXES = tuple(f"{MARK}_{axis}".lower() for axis in ("valence", "arousal"))
"""Names, for Navidrome, of the tags that hold them: lower case, as some of its versions look them up."""
STEPS = 100
"""Steps of the unit scale in these tags, which have two decimals."""
TEXTS = {"genre": "genre", "artist": "artist", "album": "album", "label": "recordlabel"}
RANGES = {"year": ("year", 1), "tempo": ("bpm", 1), "duration": ("duration", 0)}
"""Fields of conditions on tracks, and the least value of what is known: a song without a year has 0."""
GREATEST = 10**9
LONGEST = 100 * 1024
"""Bytes of a smart playlist that Navidrome reads."""
SHARE = 5
"""A word for the mood counts if one in so many of the recommended songs has it."""
LOOKED_AT = 100
"""Songs whose tags are looked for."""
HALVINGS = 40
"""Of the widths that are tried: places of a billion songs are told apart."""
SAID = 3
"""Queries that the comment tells of."""

Rule = dict[str, Any]
Span = tuple[int, int]
Box = tuple[Span, Span]
"""Least and greatest valence and arousal, in steps."""


@dataclass(frozen=True)
class Searched:
    """What was searched for recommendations."""

    tracks: "TrackIndex"  # all songs
    files: "AffectIndex | None"  # those that have a file
    allowed: NDArray[np.bool_] | None  # which of these may be chosen; all, if None
    where: "TrackFilter"
    unwanted: tuple[str, ...] = ()  # what passes these and was not chosen from, in words
    heard: bool = False  # whether a person's corrections are in the readings
    per_artist: int | None = None  # as they were asked for
    per_album: int | None = None


def nsp(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """Rules for valence and arousal: as many songs as were recommended, or nearly so; those added last come first."""
    searched = _searched(found)
    if not found:  # what was asked for could not be read
        return b""
    positions = [each.position for each in found]
    near = [{"all": _box_rules(box)} for box in _boxes(searched, positions, len(found.matches))]
    return _written(found, near, {"sort": "dateadded", "order": "desc"})


def mood_nsp(found: "Recommendations", _folder: Path | None = None) -> bytes:
    """Rules for the words that recommended songs have as their mood, which Navidrome reads without being told to.

    Words are coarse, so others of their songs come every day.
    """
    _searched(found)
    if not found:
        return b""
    words = Counter(match.track.affect.word for match in found.matches).most_common()
    least = min(words[0][1], len(found.matches) / SHARE)
    near = [{"is": {"mood": word}} for word, count in words if count >= least]
    return _written(found, near, {"sort": "random", "refreshDelay": "1d"})


def nsp_notes(found: "Recommendations") -> Iterator[str]:
    """What a person should know of the first."""
    lines = "; ".join(f'Tags.{name}.Aliases = ["{name}"]' for name in AXES)
    yield f"Navidrome knows valence and arousal by two lines of navidrome.toml, and a full scan then: {lines}"
    yield from _notes(found, ("valence", "arousal"))


def mood_nsp_notes(found: "Recommendations") -> Iterator[str]:
    """What a person should know of the second."""
    yield from _notes(found, ("mood",))


def _notes(found: "Recommendations", facts: tuple[str, ...]) -> Iterator[str]:
    searched = _searched(found)
    lost = _filter_rules(searched.where)[1]
    lost += [f"`{name}`" for name in ("per_artist", "per_album") if getattr(searched, name)]
    if lost:
        yield f"Navidrome has no rule for {', '.join(lost)}, so its playlist does not heed that."
    if searched.unwanted:
        yield f"Navidrome does not leave out {' and '.join(searched.unwanted)}."
    if searched.heard:
        yield "What you said of how songs feel is not in their tags, so that the rules do not heed it."
    songs = [match.track.path for match in found.matches[:LOOKED_AT]]
    untagged = sum(path is None or not has_facts(path, facts) for path in songs)
    if untagged:
        yield f"{untagged} of {len(songs)} songs lack the tags that are looked for: img2music tag writes them."


def _searched(found: "Recommendations") -> Searched:
    searched: Searched | None = found.__dict__["_searched"]
    if searched is None:
        raise UsageError("A smart playlist is a rule for what is asked for, not a list of songs: `recommend` makes it.")
    if found and not found.matches:
        raise UsageError("No song was recommended, so there is no rule that finds such songs.")
    return searched


def _written(found: "Recommendations", near: Sequence[Rule], order: Mapping[str, str]) -> bytes:
    asked = [printable(str(each.query)) for each in found]
    more = f" and {len(asked) - SAID} more" if len(asked) > SAID else ""
    rules = [*_all(_any(near)), *_filter_rules(_searched(found).where)[0]]
    parts: dict[str, Any] = {"comment": f"img2music: {', '.join(asked[:SAID])}{more}", "all": rules}
    parts |= {**order, "limit": len(found.matches)}
    lines = [f"  {json.dumps(name)}: {_lines(value)}" for name, value in parts.items()]
    written = ("{\n" + ",\n".join(lines) + "\n}\n").encode()
    if len(written) > LONGEST:
        size = f"{len(written) / 1024:,.0f} KiB"
        raise UsageError(f"Navidrome reads {LONGEST // 1024} KiB of a smart playlist; this has {size}: ask for less.")
    return written


def _lines(value: Any) -> str:
    """JSON with a line a rule, in ASCII."""
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n" + ",\n".join(f"    {json.dumps(each)}" for each in value) + "\n  ]"


def _any(rules: Sequence[Rule]) -> Rule:
    return rules[0] if len(rules) == 1 else {"any": list(rules)}


def _all(rule: Rule) -> list[Rule]:
    found: list[Rule] = rule.get("all", [rule])
    return found


def _box_rules(box: Box) -> list[Rule]:
    """Rules for two tags; half a step beyond their bounds, since ``gt`` and ``lt`` leave these out."""
    return [
        {operator: {name: f"{(2 * bound + side) / (2 * STEPS):.3f}"}}
        for name, span in zip(AXES, box, strict=True)
        for operator, bound, side in (("gt", span[0], -1), ("lt", span[1], 1))
    ]


def _filter_rules(where: "TrackFilter") -> tuple[list[Rule], list[str]]:
    """Rules for conditions on tracks, and those for which there is none."""
    rules: list[Rule] = []
    for name, field in TEXTS.items():
        if wanted := getattr(where, name):
            rules.append(_any([{"contains": {field: text}} for text in wanted]))
        rules += [{"notContains": {field: text}} for text in getattr(where, f"not_{name}")]
    for name, (field, least) in RANGES.items():
        if (wanted := getattr(where, name)) is not None:
            low, high = wanted
            bounds = [least if low is None else max(low, least), GREATEST if high is None else high]
            rules.append({"inTheRange": {field: bounds}})
    known = {*TEXTS, *(f"not_{name}" for name in TEXTS), *RANGES, "file", "speech"}
    others = [each.name for each in fields(where) if each.name not in known]
    return rules, [f"`{name}`" for name in others if getattr(where, name) not in ((), None)]


def _boxes(searched: Searched, positions: Sequence[tuple[float, float]], most: int) -> list[Box]:
    """Boxes about positions, all as wide in the space of the match, that hold so many songs together, or hardly fewer.

    Where several songs are the nearest, and none can be told from the others, they hold all of these.
    """
    assert searched.files is not None  # else nothing was recommended
    tags = [_steps(axis) for axis in searched.files.points]
    allowed = slice(None) if searched.allowed is None else searched.allowed
    cells = np.bincount(tags[0][allowed] * (STEPS + 1) + tags[1][allowed], minlength=(STEPS + 1) ** 2)
    songs = cells.reshape(STEPS + 1, STEPS + 1)
    axes = []
    for places, steps in zip(searched.files.positions(slice(None)).T, tags, strict=True):
        order = np.argsort(places, kind="stable")
        axes.append((places[order], steps[order]))  # both ascending

    def span(axis: int, at: float, radius: float) -> Span | None:
        places, steps = axes[axis]
        first, end = np.searchsorted(places, at - radius), np.searchsorted(places, at + radius, side="right")
        return None if first == end else (int(steps[first]), int(steps[end - 1]))

    def within(radius: float) -> tuple[list[Box], int]:
        both = [(span(0, x, radius), span(1, y, radius)) for x, y in positions]
        boxes = list(dict.fromkeys((x, y) for x, y in both if x is not None and y is not None))
        held = np.zeros(songs.shape, dtype=np.bool_)
        for (left, right), (low, high) in boxes:
            held[left : right + 1, low : high + 1] = True
        return boxes, int(songs[held].sum())

    low, high = 0.0, 1.0  # as far apart as places can be
    if within(high)[1] <= most:
        return within(high)[0]
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if within(middle)[1] > most:
            high = middle
        else:
            low = middle
    boxes, count = within(low)
    return boxes if count else within(high)[0]


def _steps(axis: NDArray[np.float64]) -> NDArray[np.int64]:
    """Affects as tags hold them: as text of two decimals, which rounds otherwise than arithmetic in binary does."""
    return np.rint(np.char.mod("%.2f", axis).astype(np.float64) * STEPS).astype(np.int64)
