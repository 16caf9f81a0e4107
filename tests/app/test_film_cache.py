"""Films are read and heard once, and again where what is kept does not hold."""

import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.app import film_cache
from img2music.app.film_cache import reading_of, sound_of
from img2music.app.library import Library
from img2music.errors import UsageError
from img2music.media.video import VideoFile
from img2music.progress import Step
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.film import read_film
from img2music.soundtrack.sound import heard
from img2music.vision.model import ImageModel
from tests.conftest import Locations
from tests.support.small_models import colour_model, written
from tests.support.songs import library, record
from tests.support.sounds import encode, tone
from tests.support.soundtracks import Track, film, talk

pytestmark = pytest.mark.slow

SECONDS = 4.0


@pytest.fixture
def model(tmp_path: Path) -> ImageModel:
    return ImageModel.load(written(tmp_path, colour_model()))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film that nobody has read yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = talk(SECONDS, ((1.0, 3.0),), level=0.05, noise=0.0005)
    return film(tmp_path / "film.mov", SECONDS, Track(own.repeat(2, axis=0)))


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the pictures of films that are decoded, since it was last asked."""
    decode, counted = VideoFile._decoded, 0

    def decoded(video: VideoFile, *seams: Any) -> Iterator[Any]:
        nonlocal counted
        for frame in decode(video, *seams):
            counted += 1
            yield frame

    def count() -> int:
        nonlocal counted
        before, counted = counted, 0
        return before

    monkeypatch.setattr(VideoFile, "_decoded", decoded)
    return count


def same(one: Any, other: Any) -> bool:
    """Whether two dataclasses are equal, arrays in them too."""
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)]
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "img2music" / "films").iterdir())


def test_scoring_what_was_spotted_decodes_no_picture_again(
    path: Path, tmp_path: Path, at: Locations, pictures: Callable[[], int]
) -> None:
    names = [str(tmp_path / f"{each}.flac") for each in ("low", "high")]
    for name, frequency in zip(names, (300.0, 900.0), strict=True):
        encode(Path(name), tone(frequency, 30.0, amplitude=0.2).repeat(2, axis=0), "flac")
    curve = [CurvePoint(start, start + 4.0, Affect(0.5, 0.5)) for start in np.arange(0.0, 28.0, 4.0).tolist()]
    records = [record(name, 0.5, 0.5, duration=30.0, curve=curve) for name in names]
    model = written(tmp_path, colour_model())
    with library(at(tmp_path / "library.db"), records) as store:
        opened = Library(store)
        first = opened.spot(path, image_model=model)
        assert pictures() >= 100
        told: list[Step] = []
        again = opened.spot(path, image_model=model, progress=told.append)
        assert again.sheet == first.sheet
        scored = opened.score(path, tmp_path / "scored.mov", image_model=model, uses={1: 1})
        assert scored.sheet.cues[0].track.path == first.sheet.cues[0].alternatives[0].track.path
        pinned = opened.score(
            path, audio_only=tmp_path / "b.wav", image_model=model, cues="one", pins={1: names[1]}, duck=6.0
        )
        assert pictures() == 0
    assert told == []
    assert (pinned.sheet.cues[0].track.path, pinned.sheet.original.duck_db) == (names[1], 6.0)


def test_what_is_kept_is_what_was_read(path: Path, tmp_path: Path, model: ImageModel) -> None:
    for _ in range(2):
        found = reading_of(path, model)
        with VideoFile(path) as video:
            assert same(found, read_film(video, model))
        sound = sound_of(found.file)
        assert same(sound, heard(CueSheet(found.file, (), ())))
        assert sound.own.speech
    assert len(files(tmp_path)) == 2


def test_a_film_is_known_by_what_is_in_it(
    path: Path, tmp_path: Path, model: ImageModel, pictures: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_cache, "WHOLE", 1000)
    monkeypatch.setattr(film_cache, "PART", 100)
    first = reading_of(path, model)
    moved = path.rename(tmp_path / "moved.mov")
    pictures()
    found = reading_of(moved, model)
    assert (found.file.path, found.shots, pictures()) == (str(moved), first.shots, 0)
    other = ImageModel.load(written(tmp_path, colour_model(gain=0.5), "other.onnx"))
    assert other.name == model.name
    assert reading_of(moved, other).shots[0].affect.valence == pytest.approx(
        first.shots[0].affect.valence / 2, abs=0.01
    )
    assert pictures() > 0
    with moved.open("ab") as stream:
        stream.write(b"\0\0\0\x08free")
    reading_of(moved, model)
    assert pictures() > 0


@pytest.mark.parametrize("how", ["cut", "empty", "changed", "of an older version"])
def test_what_is_damaged_counts_as_nothing(path: Path, tmp_path: Path, model: ImageModel, how: str) -> None:
    found = reading_of(path, model)
    (file,) = files(tmp_path)
    content = file.read_bytes()
    middle = len(content) // 2
    damaged = {
        "cut": content[:middle],
        "empty": b"",
        "changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "of an older version": film_cache.MAGIC + film_cache._checksum(b"\x90") + b"\x90",
    }
    file.write_bytes(damaged[how])
    assert same(reading_of(path, model), found)
    assert files(tmp_path) == [file]
    assert file.read_bytes() == content


def test_what_was_wanted_longest_ago_goes(
    path: Path, tmp_path: Path, model: ImageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reading_of(path, model)
    (read,) = files(tmp_path)
    os.utime(read, (1, 1))
    sound_of(found.file)
    (listened,) = (each for each in files(tmp_path) if each != read)
    os.utime(listened, (2, 2))
    reading_of(path, model)  # wanted again
    monkeypatch.setattr(film_cache, "MOST_KEPT", read.stat().st_size * 2 + 10)
    reading_of(path, ImageModel.load(written(tmp_path, colour_model(gain=0.5), "other.onnx")))
    left = files(tmp_path)
    assert (len(left), read in left, listened in left) == (2, True, False)


def test_without_room_for_it_a_film_is_read_all_the_same(path: Path, tmp_path: Path, model: ImageModel) -> None:
    (tmp_path / "cache").write_bytes(b"no folder")
    assert reading_of(path, model).duration == pytest.approx(SECONDS)


def test_what_is_refused_is_refused_before_it_is_decoded(
    path: Path, model: ImageModel, pictures: Callable[[], int]
) -> None:
    def refuse(seconds: float) -> None:
        assert seconds == pytest.approx(SECONDS)
        raise UsageError("no")

    for expected in (1, 0):  # the first picture, to know the length
        with pytest.raises(UsageError, match="no"):
            reading_of(path, model, require=refuse)
        assert pictures() == expected
        reading_of(path, model)
        pictures()
