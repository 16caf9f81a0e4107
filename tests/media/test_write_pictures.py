"""Pictures that become a film."""

from pathlib import Path

import av
import numpy as np
import pytest

from img2music.errors import InputError, UsageError
from img2music.media.film_writer import write_pictures
from img2music.progress import Step


def pictures(count: int, size: tuple[int, int] = (64, 48)):
    width, height = size
    for number in range(count):
        light = np.full((height, width), 16 + 2 * number, dtype=np.uint8)
        blue = np.full((height // 2, width // 2), 100, dtype=np.uint8)
        red = np.full((height // 2, width // 2), 150, dtype=np.uint8)
        yield light, blue, red


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm"])
def test_planes_come_back_as_they_went(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"film.{ending}"
    told: list[Step] = []
    write_pictures(pictures(70), file, rate=30, size=(64, 48), count=70, progress=told.append)
    with av.open(str(file)) as container:
        shown = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert len(shown) == 70
    assert [float(frame[:48].mean()) for frame in shown] == pytest.approx(16 + 2 * np.arange(70), abs=1.5)
    assert shown[40][48:60].mean() == pytest.approx(100, abs=1.5)
    assert shown[40][60:].mean() == pytest.approx(150, abs=1.5)
    assert (told[-1].stage, told[-1].total, told[-1].unit) == ("Filming", pytest.approx(70 / 30), "seconds")
    assert [step.done for step in told] == sorted(step.done for step in told)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm"])
def test_a_film_takes_the_place_of_a_film_and_of_nothing_else(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"film.{ending}"
    for _ in range(2):
        write_pictures(pictures(3), file, rate=30, size=(64, 48), count=3)
    for content in (b"\xff\xd8\xff\xe0 a photo", b"a note"):
        file.write_bytes(content)
        with pytest.raises(InputError, match="nothing else is replaced"):
            write_pictures(pictures(3), file, rate=30, size=(64, 48), count=3)
        assert file.read_bytes() == content


def test_nothing_is_left_of_a_film_that_fails(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"\0\0\0\x18ftyp, an older film")

    def failing():
        yield from pictures(40)
        raise InputError("gone.", "photo.jpg")

    with pytest.raises(InputError, match="gone"):
        write_pictures(failing(), file, rate=30, size=(64, 48), count=80)
    assert [each.name for each in tmp_path.iterdir()] == ["film.mp4"]
    assert file.read_bytes() == b"\0\0\0\x18ftyp, an older film"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(tmp_path: Path) -> None:
    link = tmp_path / "film.mkv"
    link.symlink_to("/dev/full")
    with pytest.raises(InputError, match="can't be written: No space left on device"):
        write_pictures(pictures(70), link, rate=30, size=(64, 48), count=70)


def test_an_unknown_ending(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must end in"):
        write_pictures(pictures(1), tmp_path / "film.gif", rate=30, size=(64, 48), count=1)
