"""Slideshows for Python; the command's tests say what they look and sound like."""

from pathlib import Path

import pytest
from PIL import Image

from img2music.app.slideshow import make_slideshow
from img2music.errors import UsageError
from img2music.media.video import survey_of
from img2music.options import SlideshowOptions, SpotOptions
from tests.support.small_models import colour_model, written

SMALL = SlideshowOptions(silent=True, size=64, fps=10, seconds_per_photo=1.0, shape="1:1")


def test_what_can_not_be_read_is_told_at_once_and_the_rest_is_made(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff")
    spotting = SpotOptions(image_model=written(tmp_path, colour_model()))
    told: list[object] = []
    photos = [str(tmp_path / name) for name in ("a.png", "b.jpg")]
    made = make_slideshow(photos, str(tmp_path / "film.mp4"), SMALL, spotting=spotting, told=told.append)
    assert told == list(made.errors)
    assert [error.path for error in made.errors] == [str(tmp_path / "b.jpg")]
    assert survey_of(tmp_path / "film.mp4").duration == pytest.approx(1.0)
    again = make_slideshow((), tmp_path / "again.mp4", sheet=made.sheet, spotting=spotting)
    assert again.sheet.slideshow == made.sheet.slideshow
    assert again.sheet.film.path == str(tmp_path / "again.mp4")


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs photos"):
        make_slideshow((), tmp_path / "film.mp4", SMALL)
    with pytest.raises(UsageError, match=r"must end in \.mp4, \.mov, \.mkv or \.webm"):
        make_slideshow([tmp_path], tmp_path / "film.avi", SMALL)
