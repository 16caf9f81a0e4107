"""The list of songs that a film uses, for whoever clears their rights."""

import csv
import io
from dataclasses import astuple, fields

from img2music.connectors.tags import Rights, read_rights
from img2music.locations import is_file
from img2music.matching.passages import clock
from img2music.soundtrack.cue_sheet import Cue, CueSheet
from img2music.soundtrack.formats import SONG_COLUMNS


def as_csv(sheet: CueSheet) -> bytes:
    """CSV with a line for every song, in the order of the film: how long it is heard, and where, with its rights."""
    songs: dict[str, list[Cue]] = {}
    for cue in sheet.cues:
        songs.setdefault(cue.track.path, []).append(cue)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as of cue sheets (`formats.as_csv`)
    writer.writerow([*SONG_COLUMNS, *(field.name for field in fields(Rights))])
    for path, cues in songs.items():
        track = cues[0].track
        used = sum(cue.end - cue.start for cue in cues)
        at = "; ".join(f"{clock(cue.start)}-{clock(cue.end)}" for cue in cues)
        rights = read_rights(path) if is_file(path) else Rights()  # as it says now
        writer.writerow([at, clock(used), track.title, track.artist, track.album, path, *astuple(rights)])
    return text.getvalue().encode("utf-8", "backslashreplace")
