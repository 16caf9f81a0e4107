"""Films of uneven lengths, from what spotting finds to what scoring accepts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.app.library import Library
from img2music.app.spotting import Spotted
from img2music.errors import InputError, UsageError
from img2music.media.video import survey_of
from img2music.options import ScoreOptions
from img2music.soundtrack.cue_sheet import CueSheet, clocks
from img2music.soundtrack.swapping import load
from tests.conftest import Locations
from tests.media.test_film_survey import EVEN, SLOWER, film, joined
from tests.support.small_models import colour_model, written
from tests.support.songs import library, record
from tests.support.soundtracks import cue, sheet

pytestmark = pytest.mark.slow


@pytest.fixture
def one_song(tmp_path: Path, at: Locations) -> Iterator[Library]:
    curve = [CurvePoint(start, start + 4.0, Affect(0.5, 0.5)) for start in np.arange(0.0, 40.0, 4.0).tolist()]
    with library(at(tmp_path / "library.db"), [record("/song.mp3", 0.5, 0.5, duration=40.0, curve=curve)]) as store:
        yield Library(store)


def spotted(one_song: Library, path: Path) -> Spotted:
    return one_song.spot(path, image_model=written(path.parent, colour_model()))


@pytest.mark.parametrize("name", ["long.mp4", "slower.mp4", "joined.ts", "outlasted.mkv"])
def test_scoring_accepts_what_spotting_finds(one_song: Library, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    match name:
        case "long.mp4":
            film(path, EVEN, last=3.0, sound=4.5)
        case "slower.mp4":
            film(path, SLOWER, sound=4.0, reordered=4)
        case "joined.ts":
            part = film(tmp_path / "part.ts", EVEN, sound=1.0, reordered=2)
            joined(path, part, part, part)
        case _:
            film(path, EVEN, sound=3.0, text=True)
    found = spotted(one_song, path)
    lasts = {"long.mp4": 3.96, "slower.mp4": 4.0, "joined.ts": 3.0, "outlasted.mkv": 1.0}[name]
    assert "cut short" not in " ".join(found.notes)
    assert found.film.duration == found.film.shots[-1].end == pytest.approx(lasts, abs=0.001)
    found.save(tmp_path / "sheet.json")
    read = load(tmp_path / "sheet.json")
    assert read.film.fps == pytest.approx(7.5 if name == "slower.mp4" else 25.0)
    notes = one_song.score(path, tmp_path / "out.mp4", sheet=CueSheet(read.film, (), ())).notes
    assert survey_of(tmp_path / "out.mp4").duration == pytest.approx(lasts, abs=0.001)
    assert ("goes on until 0:03, and its pictures end at 0:01" in " ".join(notes)) == (name == "outlasted.mkv")


def test_a_film_that_is_cut_short(one_song: Library, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", EVEN, sound=5.0)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "it is cut short" in spotted(one_song, path).notes[-1]


def test_two_times_that_differ_look_different(one_song: Library, tmp_path: Path) -> None:
    assert clocks(16.0, 15.669) == ("0:16.0", "0:15.7")
    assert clocks(16.0, 15.96) == ("0:16.00", "0:15.96")
    assert clocks(3599.96, 3600.3) == ("1:00:00.0", "1:00:00.3")
    assert clocks(59.6, 62.0) == ("1:00", "1:02")
    path = film(tmp_path / "film.mp4", EVEN)
    with pytest.raises(InputError, match=r"lasts 0:01\.0, and the cue sheet is for a film of 0:01\.3\."):
        one_song.score(path, tmp_path / "out.mp4", sheet=sheet(1.3))


def test_strings_do_for_paths_and_choices(one_song: Library, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", EVEN, sound=1.0)
    found = spotted(one_song, path)
    found.save(str(tmp_path / "sheet.json"))
    assert found.songs[:, 0] == pytest.approx([0.0, 0.5, np.nan], nan_ok=True)
    assert found.songs[:2, 1:] == pytest.approx(0.5)  # the middle of the library is that of natural pictures
    kept, dropped = (str(tmp_path / f"{use}.wav") for use in ("keep", "drop"))
    bare = CueSheet(found.sheet.film, (), ())
    for file, use in ((kept, "keep"), (dropped, "drop")):
        one_song.score(str(path), audio_only=file, sheet=bare, original=use, sheets=[f"{file}.json"])
        assert load(f"{file}.json").original.use == use
    assert not soundfile.read(dropped)[0].any()
    assert soundfile.read(kept)[0].any()
    (tmp_path / "bare.json").write_text(bare.to_json())
    one_song.score(str(path), str(tmp_path / "out.mkv"), sheet=str(tmp_path / "bare.json"))
    assert survey_of(tmp_path / "out.mkv").sound_end > 0


def test_what_makes_no_sense_is_refused_before_anything_is_read(one_song: Library, tmp_path: Path) -> None:
    nowhere = tmp_path / "no such film.mp4"
    with pytest.raises(UsageError, match="Nothing is to be written"):
        one_song.score(nowhere, sheet=sheet(1.0))
    with pytest.raises(UsageError, match="`sheet` goes without `plot`"):
        one_song.score(nowhere, tmp_path / "a.mp4", sheet=sheet(1.0), plot=tmp_path / "a.png")
    with pytest.raises(UsageError, match="`original` must be keep, duck or drop, not 'mute'"):
        ScoreOptions(original="mute")
    path, lost = film(tmp_path / "film.mp4", EVEN), sheet(1.0, cue(0.0, 1.0, nowhere))
    with pytest.raises(InputError, match="is in the cue sheet, and is not there"):
        one_song.score(path, tmp_path / "a.mp4", sheet=lost)
