"""Where the music of a film changes, and what is shown of it."""

from pathlib import Path

import av
import numpy as np
import pytest

from img2music.errors import UsageError
from img2music.media.video import VideoFile, survey_of
from img2music.progress import unwatched
from img2music.soundtrack.seams import SeamPreview, seams_of
from img2music.soundtrack.sound import compose
from tests.support.films import write_film
from tests.support.sounds import encode, tone
from tests.support.soundtracks import cue, sheet

A, B, C = Path("/music/a.flac"), Path("/music/b.flac"), Path("/music/c.flac")


def test_music_changes_begins_and_ends_within_a_film() -> None:
    found = seams_of(sheet(100.0, cue(0.0, 30.0, A), cue(30.0, 50.0, B), cue(60.0, 100.0, C)))
    assert [seam.time for seam in found] == [30.0, 50.0, 60.0]
    assert found[0].label == "0:30, cue 1 to 2: /music/a.flac - /music/b.flac"
    assert [seam.label.split("/")[0] for seam in found[1:]] == ["0:50, cue 2 ends: ", "1:00, cue 3 begins: "]
    assert seams_of(sheet(30.0, cue(0.0, 30.0, A))) == []
    with pytest.raises(UsageError, match="the music never changes"):
        SeamPreview.of("film.mp4", sheet(30.0, cue(0.0, 30.0, A)), 30.0, 25.0)


def test_what_meets_is_shown_once() -> None:
    whole = sheet(100.0, cue(0.0, 2.0, A), cue(2.0, 30.0, B), cue(30.0, 35.0, C), cue(35.0, 99.0, A))
    parts = SeamPreview.of("film.mp4", whole, 100.0, 24.0).parts
    assert [(part.start, part.end) for part in parts] == [(0.0, 6.0), (26.0, 39.0), (95.0, 100.0)]


@pytest.mark.slow
def test_the_pictures_around_a_change_are_shown(tmp_path: Path) -> None:
    """Every half second the film is of another light, ten pictures a second, at twice the height that is shown."""
    levels = (30 + np.arange(400) // 5 * 53 % 190).astype(np.uint8)
    shown = ((number / 10, np.full((720, 1280, 3), level, dtype=np.uint8)) for number, level in enumerate(levels))
    film = write_film(tmp_path / "film.mp4", shown, rate=10.0, options={"g": "37", "bf": "2"})
    songs = [encode(tmp_path / f"{name}.flac", tone(440.0, 30.0, amplitude=0.2), "flac") for name in "ab"]
    whole = sheet(40.0, cue(0.0, 14.0, songs[0]), cue(14.0, 30.0, songs[1]), film=film)
    preview = SeamPreview.of(str(film), whole, 40.0, 10.0)
    preview.write(tmp_path / "seams.mp4", compose(whole, parts=preview.parts), unwatched)
    survey = survey_of(tmp_path / "seams.mp4")
    assert (survey.duration, survey.sound_end) == (pytest.approx(16.0), pytest.approx(16.0, abs=0.03))
    with VideoFile(tmp_path / "seams.mp4") as video:
        seen = [frame.pixels(640, 360) for frame in video.frames()]
    assert len(seen) == 160
    expected = np.concatenate([levels[100:180], levels[260:340]]).astype(float)
    assert np.abs(np.array([picture[:200].mean() for picture in seen]) - expected).max() < 8.0
    assert all(int(picture[280:].max()) - int(picture[:200].max()) > 20 for picture in seen[:100])  # the label
    with av.open(str(tmp_path / "seams.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (640, 360)
