"""Scenes as chapters, in the texts that tools and video sites read."""

import math

from img2music.soundtrack.cue_sheet import CueSheet


def as_ffmetadata(sheet: CueSheet) -> bytes:
    """Write the metadata file of FFmpeg, which muxing tools take chapters from.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
        UTF-8; a chapter for each scene, in milliseconds.
    """
    lines = [";FFMETADATA1"]
    for number, scene in enumerate(sheet.scenes, start=1):
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000",
            f"START={round(1000 * scene.start)}",
            f"END={round(1000 * scene.end)}",
        ]
        lines.append(f"title={_title(number, scene.affect.word)}")
    return ("\n".join(lines) + "\n").encode("utf-8")


def as_chapter_lines(sheet: CueSheet) -> bytes:
    """Write lines of a time and a title, as they stand in descriptions on video sites.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
        UTF-8; whole seconds, the first always 0:00.
    """
    lines = [
        f"{_clock(scene.start)} {_title(number, scene.affect.word)}"
        for number, scene in enumerate(sheet.scenes, start=1)
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _title(number: int, word: str) -> str:
    return f"Scene {number}: {word}"


def _clock(seconds: float) -> str:
    minutes, second = divmod(math.floor(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
