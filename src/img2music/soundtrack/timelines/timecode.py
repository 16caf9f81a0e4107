"""Frames as timecode."""

from fractions import Fraction


def timecode(frames: int, rate: Fraction, *, drops: bool) -> str:
    """Write a number of frames as SMPTE timecode (ST 12-1).

    Parameters
    ----------
    frames : int
    rate : Fraction
        Frames a second.
    drops : bool
        Whether frame numbers are dropped: two (at 59.94 four) a minute, but for every tenth.

    Returns
    -------
    str
        ``HH:MM:SS:FF``; hours begin anew after 24.
    """
    count = round(rate)
    if drops:
        dropped = count // 15
        minute, ten = 60 * count - dropped, 600 * count - 9 * dropped
        tens, rest = divmod(frames, ten)
        minutes = (rest - dropped) // minute if rest >= dropped else 0
        frames += 9 * dropped * tens + dropped * minutes
    seconds, part = divmod(frames, count)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour % 24:02}:{minute:02}:{second:02}{';' if drops else ':'}{part:02}"
