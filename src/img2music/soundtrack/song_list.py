"""The songs of a cue sheet, and whose music they are: what a film's maker asks leave for, or reports."""

import csv
import io
from dataclasses import astuple, fields

from img2music.connectors.tags import Rights, read_rights
from img2music.locations import is_file
from img2music.soundtrack.cue_sheet import Cue, CueSheet, rounded
from img2music.soundtrack.formats import SONG_COLUMNS


def as_csv(sheet: CueSheet) -> bytes:
    """CSV with a line for every song that is used, in order, in UTF-8; its rights are those that its tags tell now."""
    used: dict[str, list[tuple[int, Cue]]] = {}
    for number, cue in enumerate(sheet.cues, start=1):
        used.setdefault(cue.track.path, []).append((number, cue))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*SONG_COLUMNS, *(field.name for field in fields(Rights))])
    for path, cues in used.items():
        numbers = "; ".join(str(number) for number, _ in cues)
        seconds, track = sum(cue.end - cue.start for _, cue in cues), cues[0][1].track
        rights = read_rights(path) if is_file(path) else Rights()
        writer.writerow([numbers, rounded(seconds), track.title, track.artist, track.album, path, *astuple(rights)])
    return text.getvalue().encode("utf-8", "backslashreplace")
