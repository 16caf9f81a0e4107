"""Cue sheets read back, also edited ones: what depended on a song, passage or place that changed is found again."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any

import numpy as np

from img2music.connectors.tags import read_tags
from img2music.errors import InputError, UsageError
from img2music.locations import is_file
from img2music.matching.passages import Passage
from img2music.media.audio import open_audio
from img2music.music.audio.analyzer import plan
from img2music.music.audio.loudness import block_powers, integrated_loudness
from img2music.options import Uses
from img2music.soundtrack.beats import listen
from img2music.soundtrack.cue_sheet import (
    LARGEST,
    TOLERANCE,
    Alternative,
    ComputedFor,
    Cue,
    CueSheet,
    CueTrack,
    document_of,
    gain,
    recorded,
    sheet_of,
)
from img2music.soundtrack.cueing import AROUND, beats_of

BY_HAND = "Chosen by hand"

# Seconds and decibels by which numbers may differ that are the same: files have milliseconds.
_same = partial(np.allclose, rtol=0.0, atol=0.002)


def load(file: str | os.PathLike[str], told: Callable[[str], object] = lambda _: None) -> CueSheet:
    """Read a cue sheet back, also one that was edited by hand; ``told`` hears what was found again.

    What only informs may be left out: frames, shots and scenes, titles, distance, why, alternatives; fades and gain
    are then 0. So may the film's own sound, which is then listened to again.
    """
    name = os.fsdecode(file)
    return taken_up(sheet_of(read_document(file), name), name, told)


def read_document(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Read JSON that may be a cue sheet, or hold one."""
    name = os.fsdecode(file)
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - a path-like need not be a Path
            return document_of(stream.read(LARGEST + 1), name)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}.", name) from None


def taken_up(sheet: CueSheet, name: str, told: Callable[[str], object]) -> CueSheet:
    """Find again what was edited by hand in a sheet that was read from a file of this name."""
    cues = []
    try:
        for number, cue in enumerate(sheet.cues, start=1):
            current, said = renewed(cue, number)
            cues.append(replace(current, computed_for=None))
            if said is not None:
                told(said)
    except UsageError as error:
        raise InputError(f"can't be used: {error}.", name) from None
    return replace(sheet, cues=tuple(cues))


def with_alternatives(sheet: CueSheet, uses: Uses, told: Callable[[str], object] = lambda _: None) -> CueSheet:
    """Lay alternatives under cues, each by its number in the list of its cue; what lay there takes its place in that.

    Gain, passage, distance and beats are found as for a song that was swapped by hand.
    """
    cues = list(sheet.cues)
    for number, listed in uses:
        if number > len(cues):
            raise UsageError(f"There is no cue {number} to use another song in: the sheet has {len(cues)}.")
        cue = cues[number - 1]
        others = list(cue.alternatives)
        if listed > len(others):
            raise UsageError(f"Cue {number} has no alternative {listed}: it lists {len(others)} (`alternatives`).")
        chosen, was = others[listed - 1], recorded(cue)
        current, said = renewed(replace(was, track=chosen.track), number)
        if cue.distance is None:  # chosen by hand itself
            del others[listed - 1]
        else:
            others[listed - 1] = Alternative(cue.track, cue.passage, cue.distance)
        cues[number - 1] = replace(current, alternatives=tuple(others), computed_for=None)
        told(str(said))
    return replace(sheet, cues=tuple(cues))


def renewed(cue: Cue, number: int) -> tuple[Cue, str | None]:
    """Find again what belonged to the song, the passage or the place that a cue had before.

    What a person changed holds. Of another song that is title, artist, album, length and gain; its passage is that of
    the alternative it was, or else begins where the song begins to sound. Distance and reason hold for one passage
    under one part of the film alone: without them the cue says that it was chosen by hand.
    """
    was = cue.computed_for
    if was is None:
        return cue, None
    if cue.track.path != was.path and not _moved(cue.track, was.path):
        return _swapped(cue, was, number)
    if cue.track.id != was.id:
        raise InputError(
            f"cue {number} names song {cue.track.id}, and the path of song {was.id}: its path says what is heard; "
            "change that, and leave out the id.",
            cue.track.path,
        )
    if _same((cue.start, cue.end, cue.passage.start), (was.start, was.end, was.passage.start)):
        return cue, None
    moved = _heard(replace(cue, distance=None, why=BY_HAND, explanation=None))
    return moved, f"cue {number}: its passage or place was changed by hand."


def _moved(track: CueTrack, before: str) -> bool:
    """Tell whether a song only lies elsewhere now; also if it is not there, which others tell."""
    if PurePath(track.path).name != PurePath(before).name:
        return False
    if not is_file(track.path):
        return True
    with open_audio(track.path) as audio:
        return track.duration is None or abs(audio.info.duration - track.duration) <= TOLERANCE


def _swapped(cue: Cue, was: ComputedFor, number: int) -> tuple[Cue, str]:
    path, lasts = cue.track.path, cue.end - cue.start
    gain_db, duration = _gain_and_length(path)
    known = next((each for each in cue.alternatives if each.track.path == path), None)
    passage = cue.passage
    found_again = _same((passage.start, passage.end), (was.passage.start, was.passage.end))
    if found_again:
        begin = _begin(path, None if known is None else known.passage.start)
        begin = max(0.0, min(begin, duration - lasts))
        passage = Passage(begin, begin + lasts)
    if passage.end > duration + TOLERANCE:
        raise InputError(f"lasts {duration:.1f} s, and its passage in cue {number} ends at {passage.end:.1f} s.", path)
    tags = read_tags(path)
    number_in_library = None if known is None else known.track.id
    title = tags.title or PurePath(path).stem
    track = CueTrack(path, title, tags.artist, tags.album, duration, id=number_in_library)
    as_listed = (
        known is not None
        and _same((cue.start, cue.end), (was.start, was.end))
        and (found_again or _same((passage.start,), (known.passage.start,)))
    )
    swapped = replace(
        cue,
        track=track,
        passage=passage,
        gain_db=gain_db if _same((cue.gain_db,), (was.gain_db,)) else cue.gain_db,
        distance=known.distance if known is not None and as_listed else None,
        why=BY_HAND,
        explanation=None,
        alternatives=tuple(each for each in cue.alternatives if each.track.path != path),
    )
    named = f"{track.display_name}, from {passage.start:.1f} s on, {swapped.gain_db:+.1f} dB"
    said = f"cue {number} has another song: {named}."
    return _heard(swapped), said


def _begin(path: str, listed: float | None) -> float:
    """Seconds at which a passage begins: where its song begins to sound, or on the beat nearest to where it was listed.

    A beat away is nothing to its distance from the film, which is that of windows of seconds.
    """
    if listed is None:
        return listen(path, [(0.0, AROUND)]).begins or 0.0
    return listed - (listen(path, [(listed - AROUND, listed + AROUND)]).offset(listed) or 0.0) if listed else 0.0


def _gain_and_length(path: str) -> tuple[float, float]:
    """Gain of a song in decibels and its length in seconds, heard where scanning hears it."""
    with open_audio(path) as audio:
        duration = audio.info.duration
        powers = [
            block_powers(excerpt.samples, excerpt.rate, excerpt.layout) for excerpt in audio.excerpts(plan(duration))
        ]
    if not powers:
        raise InputError("There is no sound in this file: it is empty or damaged.", path)
    return gain(integrated_loudness(np.concatenate(powers))), duration


def _heard(cue: Cue) -> Cue:
    """The cue with how it lies on the beats of its song."""
    start, end = cue.passage.start, cue.passage.end
    beats = listen(cue.track.path, [(start - AROUND, start + AROUND), (end - AROUND, end + AROUND)])
    return replace(cue, beats=beats_of(start, None if cue.beats and cue.beats.end_offset is None else end, beats))
