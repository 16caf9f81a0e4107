"""Results as tables for a terminal: columns, and rows of words. ``>`` marks columns that are flush right."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from img2music.connectors.tag_writing import FieldEdit
    from img2music.library.importing import ImportReport
    from img2music.library.tagging import TagReport
    from img2music.library.upkeep import LibraryInfo
    from img2music.track import Track
    from img2music.vision.description import ModelDescription

TRACKS = (">id", "title", "artist", ">length", ">valence", ">arousal", ">tempo", "key", "genre", ">year", "")


def track_row(track: "Track") -> tuple[str, ...]:
    """Cells of a track under `TRACKS`."""
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


def tag_rows(report: "TagReport", facts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row for each file that changes or keeps what somebody else wrote: its name, and what becomes of each fact."""
    return [
        (
            file.track.path or "",
            *(_edited([each for each in file.edit.fields if each.fact == fact]) for fact in facts),
        )
        for file in report.files
        if file.edit.changed or file.kept
    ]


def _edited(edits: "list[FieldEdit]") -> str:
    """What becomes of a fact, in a few words; empty if nothing does. The fields of a fact seldom differ."""
    cells = []
    for edit in edits:
        before, after = ("; ".join(map(str, values)) for values in (edit.before, edit.after))
        if edit.kept:
            cells.append(f"{before} (kept)")
        elif before != after:
            cells.append(f"{before} → {after or 'none'}" if before else after)
    return ", ".join(dict.fromkeys(cells))


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
    """What became of the rows of a table or playlist."""
    counts = (
        ("rows", report.rows),
        ("new songs", report.new),
        ("songs brought up to date", report.updated),
        ("rows merged into an earlier one", report.duplicates),
        ("rows left out", report.left_out),
        ("problems", len(report.problems)),
    )
    return [(name, f"{count:,}") for name, count in counts]


def model_rows(found: "ModelDescription") -> list[tuple[str, str]]:
    """The facts of an image model's card."""
    return [
        ("model", found.model),
        ("file", str(found.path)),
        ("size", f"{found.bytes / 1e6:.1f} MB"),
        ("sees", f"{found.side} x {found.side} pixels"),
        ("takes", f"{found.milliseconds:.1f} ms an image, on one thread here"),
        *((name, getattr(found, name) or "not said") for name in ("data", "licence", "scale", "seed", "command")),
        *_correlations(found.metrics),
    ]


def _correlations(metrics: Any) -> list[tuple[str, str]]:
    """Pick out r of each axis, in whichever split it was measured."""
    if not isinstance(metrics, dict):
        return []
    rows = []
    for split, found in metrics.items():
        axes = [(axis, found.get(axis)) for axis in ("valence", "arousal")] if isinstance(found, dict) else []
        said = [
            f"{axis} {value['r']:.3f}"
            for axis, value in axes
            if isinstance(value, dict) and isinstance(value.get("r"), int | float)
        ]
        if said:
            rows.append((f"r, {split} folds", ", ".join(said)))
    return rows
