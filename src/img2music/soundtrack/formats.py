"""The formats that a cue sheet is written in: its own, tables, timelines of editors, and chapters.

Light, since help lists them: what writes a timeline is imported when one is written.
"""

import csv
import io
import pkgutil
from dataclasses import dataclass
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from img2music.errors import MissingExtraError
from img2music.files import FileKind, write_atomically
from img2music.formats import Format, Formats
from img2music.soundtrack.cue_sheet import SCHEMA, CueSheet, rounded

CSV_COLUMNS = {
    **{name: name for name in ("start", "end", "start_frame", "end_frame")},
    **{name: f"track.{name}" for name in ("id", "path", "title", "artist", "album")},
    **{f"passage_{name}": f"passage.{name}" for name in ("start", "end")},
    **{name: name for name in ("fade_in", "fade_out", "gain_db", "distance", "why")},
}
"""What a column of the CSV, after that for the cue's number, tells of a cue."""


SONG_COLUMNS = ("at", "used", "title", "artist", "album", "path")
"""The first columns of a list of songs; those of `connectors.tags.Rights` follow."""


@dataclass(frozen=True)
class CueFormat(Format):
    """A format that cue sheets are written in."""

    writer: str  # the function that turns a sheet into bytes, below `img2music.soundtrack`
    needs: str | None = None  # a package that the extra "soundtrack" brings

    def write(self, sheet: CueSheet) -> bytes:
        """Turn a cue sheet into the bytes of a file."""
        self.require()
        content: bytes = pkgutil.resolve_name(f"img2music.soundtrack.{self.writer}")(sheet)
        return content

    def require(self) -> None:
        """Refuse early what could not be written."""
        if self.needs is not None and find_spec(self.needs) is None:
            raise MissingExtraError("Writing timelines", "soundtrack")

    def save(self, sheet: CueSheet, file: Path) -> None:
        """Write a cue sheet to a file."""
        write_atomically(self.write(sheet), file, self.kind)


def as_json(sheet: CueSheet) -> bytes:
    """JSON in ASCII: names that are not UTF-8 survive as surrogate escapes."""
    return (sheet.to_json() + "\n").encode("ascii")


def as_csv(sheet: CueSheet) -> bytes:
    """CSV with a line for every cue, in UTF-8; bytes of names that are not become escapes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
    writer.writerow(["cue", *CSV_COLUMNS])
    cells = attrgetter(*CSV_COLUMNS.values())
    writer.writerows([number, *map(rounded, cells(cue))] for number, cue in enumerate(sheet.cues, start=1))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _format(name: str, what: str, start: bytes, writer: str, needs: str | None = None) -> CueFormat:
    return CueFormat(name, FileKind(what, (f".{name}",), start), f"timelines.{writer}", needs)


OTIO = "opentimelineio"
FORMATS = Formats(
    "a cue sheet",
    CueFormat("json", FileKind.json("a cue sheet", SCHEMA), "formats:as_json"),
    CueFormat("csv", FileKind.csv("a cue sheet as CSV", ["cue", *CSV_COLUMNS]), "formats:as_csv"),
    CueFormat("songs.csv", FileKind.csv("a list of songs as CSV", SONG_COLUMNS), "songs_used:as_csv"),
    _format("otio", "an OpenTimelineIO timeline", rb'\s*\{.*"OTIO_SCHEMA"', "otio:as_otio", OTIO),
    _format("xml", "a Final Cut Pro 7 timeline", rb"<\?xml.*<xmeml", "final_cut_7:as_xml", "otio_fcp_adapter"),
    _format("fcpxml", "a Final Cut Pro timeline", rb"<\?xml.*<fcpxml", "final_cut:as_fcpxml", OTIO),
    _format("edl", "an edit decision list", rb"TITLE:", "edl:as_edl", OTIO),
    _format("txt", "a list of chapters", rb"\d+:\d\d(:\d\d)? ", "chapters:as_text"),
    _format("vtt", "WebVTT chapters", rb"(\xef\xbb\xbf)?WEBVTT", "chapters:as_webvtt"),
    _format("ffmetadata", "FFmpeg's metadata", rb";FFMETADATA1", "chapters:as_ffmetadata"),
)
