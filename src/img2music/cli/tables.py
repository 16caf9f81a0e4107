"""Results as tables for a terminal: columns, and rows of words. ``>`` marks columns that are flush right."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from img2music.errors import InputError

if TYPE_CHECKING:
    from img2music.connectors.tag_writing import FieldEdit
    from img2music.library.importing import ImportReport
    from img2music.library.ledger import ScanStatus
    from img2music.library.listing import LibraryInfo
    from img2music.library.tagging import TagReport
    from img2music.soundtrack.cue_sheet import CueSheet
    from img2music.track import Track
    from img2music.vision.description import ModelDescription

TRACK_COLUMNS = (">id", "title", "artist", ">length", ">valence", ">arousal", ">tempo", "key", "genre", ">year", "")
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


def moment_text(moment: str) -> str:
    """Write a moment, which is kept in UTC, as clocks are here."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"


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


def status_rows(found: "ScanStatus") -> list[tuple[str, str]]:
    """What scans have done, and have yet to do."""
    rows = [("waiting", f"{found.waiting:,} files"), ("in hand", f"{found.in_hand:,} files")]
    if found.seconds_left is not None:
        rows.append(("rate", f"{found.rate:.2f} files a second, {length_text(found.seconds_left)} left"))
    for scan in found.scans:
        told = f"{scan.state}: {scan.done:,} of {scan.planned:,} files, {scan.failed:,} failed"
        where = f"{', '.join(scan.folders)} ({scan.host}, since {moment_text(scan.started)})"
        rows.append((f"scan #{scan.id}", f"{told}; {where}"))
    rows += [(f"{each.kind} ({each.stage})", f"{each.files:,} files") for each in found.failures]
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
    rest = InputError(f"{more:,} more problems; `format=json` lists them all.", report.path)
    return [*lines, rest] if more else lines


def tag_columns() -> tuple[str, ...]:
    """Heads of the columns of `tag_rows`."""
    from img2music.connectors.tag_writing import FACTS

    return ("file", *FACTS)


def tag_rows(report: "TagReport") -> list[tuple[str, ...]]:
    """What becomes of the files whose tags change, or keep what somebody else wrote."""
    return [
        (
            file.path,
            *(_edit_cell([each for each in file.fields if each.fact == fact]) for fact in tag_columns()[1:]),
        )
        for file in report.items
        if file.changed or file.kept
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


CUES = (">#", "film", "song, and why", ">passage", ">distance")
PHOTOS = (">photo", "film", "file")
SCENES = (">scene", "film", "mood", ">valence", ">arousal", ">shift", ">moves/s", ">shots")


def cue_rows(sheet: "CueSheet") -> list[list[str]]:
    """Rows of a cue: where, what, why, and its runners-up."""
    from img2music.matching.passages import clock

    found = []
    for number, cue in enumerate(sheet.cues, start=1):
        distance = "" if cue.distance is None else f"{cue.distance:.2f}"
        found.append(
            [str(number), f"{clock(cue.start)}-{clock(cue.end)}", cue.track.display_name, str(cue.passage), distance]
        )
        found.append(["", "", f"  {cue.why}", "", ""])
        if cue.alternatives:
            others = ", ".join(
                f"{listed}: {each.track.display_name} "
                f"({each.distance:.2f}{'' if each.note is None else f', but {each.note}'})"
                for listed, each in enumerate(cue.alternatives, start=1)
            )
            found.append(["", "", f"  or {others}", "", ""])
    return found


def photo_rows(sheet: "CueSheet") -> list[list[str]]:
    """A row for each photo of a slideshow: its number, when it is seen, its file; of a clip, which part of it."""
    from img2music.connectors.service_photos import called
    from img2music.matching.passages import clock

    if sheet.slideshow is None:
        return []
    photos = sheet.slideshow.photos
    ends = [*(photo.start for photo in photos[1:]), sheet.film.duration]
    rows = []
    for number, (photo, end) in enumerate(zip(photos, ends, strict=True), start=1):
        part = ""
        if photo.clip_start is not None:
            part = f", {clock(photo.clip_start)}-{clock(photo.clip_start + end - photo.start)} of it"
        rows.append([str(number), f"{clock(photo.start)}-{clock(end)}", f"{called(photo.path)}{part}"])
    return rows


def scene_rows(sheet: "CueSheet") -> list[list[str]]:
    """A row a scene: its number, when, its mood, what of its arousal is the film's, how it moves, how many shots."""
    from img2music.matching.passages import clock

    return [
        [
            str(number),
            f"{clock(scene.start)}-{clock(scene.end)}",
            scene.affect.word,
            f"{scene.affect.valence:.2f}",
            f"{scene.affect.arousal:.2f}",
            "" if scene.measures is None else f"{scene.measures.arousal_shift:+.2f}",
            "" if scene.measures is None or scene.measures.movement is None else f"{scene.measures.movement:.2f}",
            str(len(scene.shots)),
        ]
        for number, scene in enumerate(sheet.scenes, start=1)
    ]
