"""The list of songs that a film uses, for whoever clears their rights."""

import csv
import io

from img2music.connectors.rights import RIGHTS, rights_of
from img2music.matching.passages import clock
from img2music.soundtrack.cue_sheet import Cue, CueSheet

COLUMNS = ("title", "artist", "album", "used", "at", *RIGHTS, "path")


def as_csv(sheet: CueSheet) -> bytes:
    """CSV with a line for every song, in the order of the film: how long it is heard, and where, with its rights."""
    songs: dict[str, list[Cue]] = {}
    for cue in sheet.cues:
        songs.setdefault(cue.track.path, []).append(cue)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as of cue sheets (`formats.as_csv`)
    writer.writerow(COLUMNS)
    for path, cues in songs.items():
        track = cues[0].track
        used = sum(cue.end - cue.start for cue in cues)
        at = "; ".join(f"{clock(cue.start)}-{clock(cue.end)}" for cue in cues)
        writer.writerow([track.title, track.artist, track.album, clock(used), at, *rights_of(path).values(), path])
    return text.getvalue().encode("utf-8", "backslashreplace")
