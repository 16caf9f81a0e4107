"""From a film and its cue sheet to the film with its music."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, UsageError
from img2music.media.film_packets import survey
from img2music.media.film_writer import film_format, write_film
from img2music.media.sound_writer import sound_file, sound_format
from img2music.soundtrack.cue_sheet import TOLERANCE, CueSheet, Original
from img2music.soundtrack.cueing import LOUDNESS
from img2music.soundtrack.outputs import require_files
from img2music.soundtrack.sound import Progress, asked, compose
from img2music.soundtrack.spotting import clock

Block = NDArray[np.float32]


def require_scores(
    film: str | os.PathLike[str], output: Path | None, audio_only: Path | None, *others: Path | None
) -> None:
    """Refuse early what could not be written, or would replace the film.

    Parameters
    ----------
    film : str or path-like
    output, audio_only : Path or None
        As `score_film` takes them.
    *others : Path or None
        What else is to be written.

    Raises
    ------
    UsageError
        If there is neither, an ending is not known, one is the film, or two are the same.
    InputError
        If one is a folder, or in a folder that is not there or not to be written to.
    """
    if output is None and audio_only is None:
        raise UsageError("Nothing is to be written: give --output FILM, --audio-only FILE, or both.")
    if output is not None:
        film_format(output)
    if audio_only is not None:
        sound_format(audio_only)
    require_files([("film", Path(film))], [output, audio_only, *others])


def score_film(
    film: str | os.PathLike[str],
    sheet: CueSheet,
    output: Path | None = None,
    audio_only: Path | None = None,
    *,
    original: Original | None = None,
    duck: float | None = None,
    loudness: float = LOUDNESS,
    spotted: bool = False,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write a film with the music of a cue sheet, its sound alone, or both.

    Parameters
    ----------
    film : str or path-like
    sheet : CueSheet
        Of this film, wherever it lay then.
    output : Path, optional
        The film with music: ``.mp4``, ``.mov``, ``.mkv`` or ``.webm``. Replaced if it exists, when it is whole.
    audio_only : Path, optional
        Its sound alone: ``.flac``, ``.wav``, ``.m4a``, ``.mp3``, ``.opus`` or ``.ogg``; likewise.
    original, duck
        What becomes of the film's own sound, as `sound.heard` takes it.
    loudness : float
        Integrated loudness of the result in LUFS.
    spotted : bool
        Whether the sheet was made of this very film, as far as it can be decoded: what is beyond is left out.
    progress : callable, optional
        As `compose` takes it; the last pass includes the writing.

    Returns
    -------
    tuple of str
        What a person should know about the result.

    Raises
    ------
    UsageError
        As `require_scores`; or if an output is one of the songs.
    InputError
        If the film or a song can't be read, the sheet is for a film of another length, or an output can't be written;
        then nothing has changed.
    """
    require_scores(film, output, audio_only)
    songs = dict.fromkeys(Path(cue.track.path) for cue in sheet.cues)
    require_files([("song", song) for song in songs], [output, audio_only])
    seen = survey(film)
    alike = abs(seen.duration - sheet.film.duration) <= TOLERANCE
    if not alike and not spotted:
        raise InputError(
            f"lasts {clock(seen.duration)}, and the cue sheet is for a film of {clock(sheet.film.duration)}.",
            os.fsdecode(film),
        )
    if alike:  # and exact, where the sheet tells milliseconds
        sheet = replace(sheet, film=replace(sheet.film, duration=seen.duration))
    own = asked(sheet, original, duck)
    sound = compose(replace(sheet, original=own), loudness=loudness, film=film, progress=progress)
    with ExitStack() as stack:
        if audio_only is not None:
            write = stack.enter_context(sound_file(audio_only, sound.rate, sound.layout))
            sound = replace(sound, blocks=_also(sound.blocks, write))
        if output is not None:
            return write_film(film, seen, sound, output, original=own.use is not Original.DROP)
        for _ in sound.blocks:
            pass
    return ()


def _also(blocks: Iterator[Block], write: Callable[[Block], None]) -> Iterator[Block]:
    for block in blocks:
        write(block)
        yield block
