"""Projects as they are when their film was read and music was chosen, without the time that both take."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from img2music import Library
from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.app.library import store_of
from img2music.app.projects import packed
from img2music.library.projects import Change, ProjectRow
from img2music.matching.passages import Passage
from img2music.media.video import survey_of
from img2music.options import OriginalSound
from img2music.soundtrack.cue_sheet import Alternative, CueTrack, OwnSound, Scene, Shot
from img2music.soundtrack.film import Film
from img2music.track import Track
from tests.support.library_sounds import write_sound
from tests.support.songs import put, record
from tests.support.soundtracks import cue, sheet


def add_songs(library: Library, folder: Path) -> None:
    """Add six songs of 30 seconds, from sombre and lively to pleasant and calm."""
    folder.mkdir()
    records = []
    for number in range(6):
        path = folder / f"{number}.wav"
        write_sound(path, 200.0 + 20 * number, 30.0)
        affect = Affect(0.1 + 0.15 * number, 0.9 - 0.15 * number)
        curve = [CurvePoint(start, start + 3.0, affect) for start in np.arange(0.0, 30.0, 3.0).tolist()]
        point = affect.valence, affect.arousal
        records.append(record(str(path), *point, duration=30.0, curve=curve, title=f"Song {number}"))
    put(store_of(library), records)


def keep_project(library: Library, film: Path, songs: Sequence[Track], options: dict[str, Any]) -> ProjectRow:
    """Keep a project of a film: the first of the songs plays all along, the others could."""
    survey = survey_of(film)
    affect, lasts = Affect(0.5, 0.5), survey.duration
    shot = Shot(0.0, lasts, affect)
    tracks = [
        CueTrack(str(song.path), song.title, song.artist, song.album, song.duration, id=song.id) for song in songs
    ]
    others = tuple(Alternative(track, Passage(0.0, lasts), 0.1) for track in tracks[1:])
    chosen = cue(0.0, lasts, Path(tracks[0].path), alternatives=others)
    said = sheet(lasts, replace(chosen, track=tracks[0], start_frame=0, end_frame=round(25 * lasts)), film=film)
    own = OwnSound(OriginalSound.DUCK, 12.0, 0.0, ())
    said = replace(said, scenes=(Scene(0.0, lasts, affect, (shot,)),), original=own)
    times = np.arange(0.0, lasts, 0.5)
    curve = np.column_stack([times, np.full((len(times), 2), 0.5)])
    seen = Film(said.film, np.arange(round(25 * lasts)) / 25.0, (shot,), (), curve, survey=survey)
    projects = store_of(library).projects
    row = projects.add(film.name, str(film), options)
    return projects.put(row.id, None, Change("spot"), said.to_json(), reading=packed(seen))
