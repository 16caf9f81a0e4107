"""The formats that a cue sheet is written in: its own, timelines of editors, and chapters."""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from img2music.errors import UsageError
from img2music.files import FileKind, write_atomically
from img2music.soundtrack.cue_sheet import CSV_COLUMNS, SCHEMA, CueSheet, as_csv, as_json
from img2music.soundtrack.timelines.writing import require_timelines, write

EXPORTS = ("otio", "xml", "fcpxml", "edl", "txt", "vtt", "ffmetadata")
"""Timelines and chapters, by the endings of their files."""

WRITERS: dict[str, Callable[[CueSheet], bytes]] = {
    "json": as_json,
    "csv": as_csv,
    **{form: functools.partial(write, form) for form in EXPORTS},
}
"""By name, what turns a cue sheet into the bytes of a file."""

KINDS = {
    "json": FileKind.json("a cue sheet", SCHEMA),
    "csv": FileKind.csv("a cue sheet as CSV", CSV_COLUMNS),
    "otio": FileKind("an OpenTimelineIO timeline", (".otio",), rb'\s*\{.*"OTIO_SCHEMA"'),
    "xml": FileKind("a Final Cut Pro 7 timeline", (".xml",), rb"<\?xml.*<xmeml"),
    "fcpxml": FileKind("a Final Cut Pro timeline", (".fcpxml",), rb"<\?xml.*<fcpxml"),
    "edl": FileKind("an edit decision list", (".edl",), rb"TITLE:"),
    "txt": FileKind("a list of chapters", (".txt",), rb"\d+:\d\d(:\d\d)? "),
    "vtt": FileKind("WebVTT chapters", (".vtt",), rb"(\xef\xbb\xbf)?WEBVTT"),
    "ffmetadata": FileKind("FFmpeg's metadata", (".ffmetadata",), rb";FFMETADATA1"),
}
"""By the same names, what such files are known by."""


def chosen_format(wanted: str | None, output: Path | None, *, terminal: bool) -> str:
    """Resolve which format is meant."""
    if wanted is None:
        if output is None:
            return "table" if terminal else "json"
        wanted = output.suffix[1:].lower()
    if output is not None and wanted not in WRITERS:
        known = f"{', '.join([*WRITERS][:-1])} or {[*WRITERS][-1]}"
        raise UsageError(f"{output}: --output needs --format {known} (or a file name that ends so).")
    require_timelines(wanted)
    return wanted


def chosen_formats(wanted: str | None, outputs: Sequence[Path], *, terminal: bool) -> list[str]:
    """Resolve the format of each file, or the one to print."""
    if wanted is not None and len(outputs) > 1:
        raise UsageError("--format goes with one --output; of several, the endings say the formats.")
    return [chosen_format(wanted, file, terminal=terminal) for file in outputs or (None,)]


def kinds(forms: Sequence[str], files: Sequence[Path]) -> list[tuple[Path, FileKind]]:
    """Pair files that are to be written with what they are known by, as `files.require_outputs` takes them."""
    return [(file, KINDS[form]) for file, form in zip(files, forms, strict=False)]


def files_of(sheet: CueSheet) -> list[tuple[str, str]]:
    """The film of a cue sheet, or its photos, and the songs, as `files.require_outputs` takes inputs."""
    photos = () if sheet.slideshow is None else sheet.slideshow.photos
    shown = [("one of the photos", photo.path) for photo in photos] or [("the film itself", sheet.film.path)]
    return [*shown, *(("the song itself", cue.track.path) for cue in sheet.cues)]


def missing_files(sheet: CueSheet) -> list[tuple[str, str]]:
    """List the film, or the photos that it is made of, and the songs that are not where a cue sheet says."""
    if sheet.slideshow is None:
        shown = [("film", sheet.film.path)]
    else:  # its film is made of them
        shown = [(f"photo {n}", photo.path) for n, photo in enumerate(sheet.slideshow.photos, start=1)]
    named = shown + [(f"cue {n}", cue.track.path) for n, cue in enumerate(sheet.cues, start=1)]
    return [(what, path) for what, path in named if not os.path.isfile(path)]  # noqa: PTH113 - names may be any bytes


def save(sheet: CueSheet, file: Path, form: str = "json") -> None:
    """Write a cue sheet."""
    write_atomically(WRITERS[form](sheet), file, KINDS[form])
