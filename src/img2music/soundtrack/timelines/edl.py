"""Edit decision lists after CMX 3600, which nearly every editor reads.

OpenTimelineIO's adapter for them writes the first video track and nothing else; it reads these back in the tests.
"""

import re
from collections.abc import Iterator

from opentimelineio.opentime import RationalTime, to_timecode

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, FilmClip, MusicClip, arrange

REEL_LENGTH = 8  # characters of a reel's name


def as_edl(sheet: CueSheet) -> bytes:
    """Write a cue sheet as an edit decision list."""
    made = arrange(sheet)
    mode = "DROP FRAME" if made.film.drops else "NON-DROP FRAME"
    lines = [f"TITLE: {made.name}", f"FCM: {mode}", ""]
    reels = _reels(made)
    lines += _pictures(made, reels)
    lines += [f"* LOC: {_code(made, scene.start)} {scene.colour:7} {scene.title.upper()}" for scene in made.scenes]
    before = None
    for number, clip in enumerate(made.music, start=1 + len(made.shown)):
        lines += _event(number, clip, before, reels, made)
        before = clip
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def _pictures(made: Arrangement, reels: dict[str, str]) -> Iterator[str]:
    for number, shown in enumerate(made.shown, start=1):
        heard = isinstance(shown, FilmClip) and shown.heard
        times = _times(made, shown.begins, shown.start, shown.frames)
        yield f"{number:03}  {reels[shown.url]:8} {'B' if heard else 'V':5} C        {times}"
        yield f"* FROM CLIP NAME:  {shown.name}"
        yield f"* OTIO REFERENCE FROM: {shown.url}"
        if isinstance(shown, FilmClip) and shown.heard:
            yield _level(made, shown.begins, shown.gain_db, reels[shown.url], "A1")


def _event(
    number: int, clip: MusicClip, before: MusicClip | None, reels: dict[str, str], made: Arrangement
) -> Iterator[str]:
    frames = clip.frames - clip.tail
    end = clip.start + frames
    length = 0
    if before is not None:
        met = before.start + before.frames - before.tail
        length = min(before.tail, frames, 999) if met == clip.start else 0
        frames -= max(0, met - clip.start)  # cues that are typed may overlap a little
    start = end - frames
    source = clip.source + start - clip.start
    if frames < 1:
        return
    if before is not None and length:
        stop = before.source + before.frames - before.tail
        yield f"{number:03}  {reels[before.url]:8} {'A2':5} C        {_times(made, stop, clip.start, 0)}"
    how = f"D {length:03}   " if length else "C       "
    yield f"{number:03}  {reels[clip.url]:8} {'A2':5} {how} {_times(made, source, start, frames)}"
    if before is not None and length:
        yield f"* FROM CLIP NAME:  {before.file}"
        yield f"* OTIO REFERENCE FROM: {before.url}"
    word = "TO" if length else "FROM"
    yield f"* {word} CLIP NAME:  {clip.file}"
    yield f"* OTIO REFERENCE {word}: {clip.url}"
    yield f"* SONG: {clip.name}"
    for frame, level in clip.keyframes or [(0, clip.cue.gain_db)]:
        yield _level(made, clip.source + frame, level, reels[clip.url], "A2")
    if clip.fade_in and not length:
        yield f"* FADE IN: {clip.fade_in} FRAMES"
    if clip.fade_out and not clip.tail:
        yield f"* FADE OUT: {clip.fade_out} FRAMES"


def _level(made: Arrangement, frame: int, level: float, reel: str, channel: str) -> str:
    return f"* AUDIO LEVEL AT {_code(made, frame)} IS {level:.2f} DB  (REEL {reel} {channel})"


def _times(made: Arrangement, source: int, start: int, frames: int) -> str:
    return " ".join(_code(made, value) for value in (source, source + frames, start, start + frames))


def _code(made: Arrangement, frame: int) -> str:
    rate = float(made.rate)
    code: str = to_timecode(RationalTime(frame, rate), rate, made.film.drops)
    return code


def _reels(made: Arrangement) -> dict[str, str]:
    """A name for each file, unlike the others', by its URL."""
    found: dict[str, str] = {}
    files = {shown.url: shown.name for shown in made.shown} | {clip.url: clip.file for clip in made.music}
    for url, file in files.items():
        name, count = _reel(file), 1
        while name in found.values():
            count += 1
            name = f"{_reel(file)[: REEL_LENGTH - len(str(count))]}{count}"
        found[url] = name
    return found


def _reel(file: str) -> str:
    stem = file.rpartition(".")[0] or file
    name = re.sub(r"[^A-Z0-9]", "", stem.upper().encode("ascii", "ignore").decode())[:REEL_LENGTH]
    return "REEL" if name in ("", "BL", "BLACK", "BARS", "AX") else name
