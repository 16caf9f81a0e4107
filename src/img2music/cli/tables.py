"""What is in a library, and what was done with it, as rows of tables for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from img2music.errors import InputError

if TYPE_CHECKING:
    from img2music.connectors.tag_writing import FieldEdit
    from img2music.library.importing import ImportReport
    from img2music.library.tagging import TagReport
    from img2music.library.upkeep import LibraryInfo
    from img2music.track import Track

TRACK_COLUMNS = (">id", "title", "artist", ">length", ">valence", ">arousal", ">tempo", "key", "genre", ">year", "")
"""Heads of the columns of `track_row`; ``>`` marks those that are flush right."""
SHOWN_PROBLEMS = 10
"""Problems of a table that are told one by one."""


def track_row(track: "Track") -> tuple[str, ...]:
    """Give the cells of a track under `TRACK_COLUMNS`."""
    features = track.features
    facts = (
        ("missing", track.missing),
        ("no file", track.path is None),
        (str(track.kind), track.kind != "music"),
    )
    return (
        f"#{track.id}",
        track.shown_title,
        track.artist or "",
        "" if track.duration is None else length_text(track.duration),
        f"{track.affect.valence:.2f}",
        f"{track.affect.arousal:.2f}",
        "" if features.tempo is None else f"{features.tempo:.0f}",
        features.key_name or "",
        track.genre or "",
        "" if track.year is None else str(track.year),
        ", ".join(fact for fact, holds in facts if holds),
    )


def length_text(seconds: float) -> str:
    """Write a length as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def info_rows(found: "LibraryInfo") -> list[tuple[str, str]]:
    """What is in a library."""
    rows = [
        ("location", found.location),
        ("tracks", str(found.present)),
        ("without file", str(found.without_file)),
        ("missing", f"{found.missing} (library prune removes them)" if found.missing else "0"),
        ("failed", f"{found.failures} (library failures lists them)" if found.failures else "0"),
        ("silent", str(found.silent)),
        ("music", f"{found.seconds / 3600:.1f} hours"),
    ]
    if found.bytes is not None:
        rows.append(("size", f"{found.bytes / 1e6:.1f} MB"))
    rows += [(f"analyzer {name}", f"{count} tracks") for name, count in found.analyzers.items()]
    rows += [(f"from {name}", f"{count} songs") for name, count in found.sources.items()]
    return rows


def import_rows(report: "ImportReport") -> list[tuple[str, str]]:
    """What an import counted."""
    return [
        ("rows", f"{report.rows:,}"),
        ("new songs", f"{report.new:,}"),
        ("songs brought up to date", f"{report.updated:,}"),
        ("rows merged into an earlier one", f"{report.duplicates:,}"),
        ("rows left out", f"{report.left_out:,}"),
        ("problems", f"{len(report.problems):,}"),
    ]


def told_problems(report: "ImportReport") -> list[InputError]:
    """The first problems of an import, and how many more there are."""
    lines = [InputError(f"{problem}.", report.path) for problem in report.problems[:SHOWN_PROBLEMS]]
    more = len(report.problems) - len(lines)
    rest = InputError(f"{more:,} more problems; --format json lists them all.", report.path)
    return [*lines, rest] if more else lines


def tag_columns() -> tuple[str, ...]:
    """Heads of the columns of `tag_rows`."""
    from img2music.connectors.tag_writing import FACTS

    return ("file", *FACTS)


def tag_rows(report: "TagReport") -> list[tuple[str, ...]]:
    """What becomes of the files whose tags change, or keep what somebody else wrote."""
    return [
        (
            file.track.path or "",
            *(_edit_cell([each for each in file.edit.fields if each.fact == fact]) for fact in tag_columns()[1:]),
        )
        for file in report.files
        if file.edit.changed or file.kept
    ]


def _edit_cell(edits: "Sequence[FieldEdit]") -> str:
    """What becomes of a fact, in a few words; empty if nothing does. The fields of a fact seldom differ."""
    cells = []
    for edit in edits:
        before, after = ("; ".join(map(str, values)) for values in (edit.before, edit.after))
        if edit.kept:
            cells.append(f"{before} (kept)")
        elif before != after:
            cells.append(f"{before} → {after or 'none'}" if before else after)
    return ", ".join(dict.fromkeys(cells))
