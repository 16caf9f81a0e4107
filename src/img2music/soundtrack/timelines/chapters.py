"""Scenes as chapters: for a video site's description, for players of the web, and for FFmpeg."""

import html
import re
from collections.abc import Iterator

from img2music.soundtrack.cue_sheet import LATE, CueSheet
from img2music.soundtrack.timelines.arrangement import one_line

Chapter = tuple[float, float, str]
"""Seconds at which it starts and ends, and its title."""


def as_text(sheet: CueSheet) -> bytes:
    """Write lines such as ``0:27 Tense - Song (Artist)``, which video sites read in a film's description."""
    hours = sheet.film.duration >= 3600
    lines = []
    for start, _, title in _chapters(sheet):
        minutes, seconds = divmod(round(start), 60)
        clock = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        lines.append(f"{clock} {title}\n")
    return "".join(lines).encode("utf-8")


def as_webvtt(sheet: CueSheet) -> bytes:
    """Write a WebVTT track of the kind "chapters" (W3C, WebVTT, section 1.4)."""
    parts = ["WEBVTT\n"]
    for number, (start, end, title) in enumerate(_chapters(sheet), start=1):
        parts.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n{html.escape(title, quote=False)}\n")
    return "\n".join(parts).encode("utf-8")


def as_ffmetadata(sheet: CueSheet) -> bytes:
    """Write FFmpeg's metadata file (its documentation, "Metadata")."""
    parts = [";FFMETADATA1\n"]
    for start, end, title in _chapters(sheet):
        escaped = re.sub(r"[=;#\\]", r"\\\g<0>", title)
        times = f"START={round(1000 * start)}\nEND={round(1000 * end)}"
        parts.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={escaped}\n")
    return "".join(parts).encode("utf-8")


def _chapters(sheet: CueSheet) -> Iterator[Chapter]:
    """A chapter a scene, named by its mood and by the song that begins it; without scenes, one a cue."""
    if not sheet.scenes:
        for cue in sheet.cues:
            yield cue.start, cue.end, _song(sheet, cue.start) or ""
        return
    for scene in sheet.scenes:
        song = _song(sheet, scene.start)
        yield scene.start, scene.end, scene.affect.word.capitalize() + (f" - {song}" if song else "")


def _song(sheet: CueSheet, time: float) -> str | None:
    """The song of a scene that begins then; on its beats it may begin a little later, under the one before."""
    for cue in reversed(sheet.cues):
        if cue.start - LATE - 0.001 <= time < cue.end:
            track = cue.track
            return one_line(track.shown_title + (f" ({track.artist})" if track.artist else ""))
    return None


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes = milliseconds // 60_000
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds % 60_000 / 1000:06.3f}"
