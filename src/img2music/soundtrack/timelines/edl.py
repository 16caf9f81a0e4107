"""Edit decision lists (CMX 3600), which nearly every editor reads.

OpenTimelineIO's adapter reads lists with sound and writes none, so they are written here.
"""

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, arrange
from img2music.soundtrack.timelines.timecode import timecode

REEL = "AX"
"""Name of the reel of what comes from no tape."""

FILM_WITH_SOUND, FILM_SILENT = "AA/V", "V"
"""Channels of the film: its picture, and both channels of its sound."""

MUSIC_BESIDE_SOUND, MUSIC_ALONE = ("A3", "A4"), ("A", "A2")
"""Channels of the music's two tracks: the list has four channels of sound."""


def as_edl(sheet: CueSheet) -> bytes:
    """Write an edit decision list.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
        UTF-8 with the line ends of the format. The film is one event; each cue is one, with what it plays under the
        next; levels and fades have no place in this format. Scenes are locators of the film.
    """
    arrangement = arrange(sheet)
    film, rate = arrangement.film, arrangement.rate
    lines = [f"TITLE: {arrangement.name}", f"FCM: {'' if film.drops else 'NON-'}DROP FRAME", ""]
    channel = FILM_WITH_SOUND if film.channels else FILM_SILENT
    lines += [_event(1, channel, (film.first, film.first, film.frames), arrangement), *_names(film.name)]
    lines += [
        f"* LOC: {timecode(film.first + scene.start, rate, drops=film.drops)} {scene.colour:<7} {scene.note}"
        for scene in arrangement.scenes
    ]
    channels = MUSIC_BESIDE_SOUND if film.channels else MUSIC_ALONE
    for number, clip in enumerate(arrangement.music, start=2):
        channel = channels[clip.track] if clip.track < len(channels) else f"A{5 + clip.track}"
        event = _event(number, channel, (clip.source, film.first + clip.start, clip.frames), arrangement)
        lines += [event, *_names(clip.file), f"* COMMENT: {clip.name}"]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def _event(number: int, channel: str, place: tuple[int, int, int], arrangement: Arrangement) -> str:
    """A line; its place is the first frame of what is heard, that of the timeline, and how many."""
    source, record, frames = place
    drops, rate = arrangement.film.drops, arrangement.rate
    times = " ".join(timecode(at, rate, drops=drops) for at in (source, source + frames, record, record + frames))
    return f"{number:03d}  {REEL:8} {channel:5} C        {times}"


def _names(file: str) -> list[str]:
    return [f"* FROM CLIP NAME: {file}", f"* SOURCE FILE: {file}"]
