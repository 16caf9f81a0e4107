"""Slideshows for Python; the command's tests say what they look and sound like."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from img2music.app.library import Library
from img2music.errors import UsageError
from img2music.media.video import survey_of
from tests.conftest import Locations
from tests.support.small_models import colour_model, written

SMALL: dict[str, Any] = {"silent": True, "size": 64, "fps": 10, "seconds_per_photo": 1.0, "shape": "1:1"}


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    with Library.open(at(tmp_path / "library.db")) as opened:
        yield opened


def test_what_can_not_be_read_is_told_at_once_and_the_rest_is_made(library: Library, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff")
    model = written(tmp_path, colour_model())
    told: list[object] = []
    photos = [str(tmp_path / name) for name in ("a.png", "b.jpg")]
    made = library.slideshow(*photos, output=str(tmp_path / "film.mp4"), image_model=model, told=told.append, **SMALL)
    assert told == list(made.errors)
    assert [error.path for error in made.errors] == [str(tmp_path / "b.jpg")]
    assert survey_of(tmp_path / "film.mp4").duration == pytest.approx(1.0)
    plot = tmp_path / "again.png"
    again = library.slideshow(output=tmp_path / "again.mp4", sheet=made, image_model=model, plot=plot)
    with Image.open(plot) as drawn:
        assert drawn.width > 1000
    assert again.sheet.slideshow == made.sheet.slideshow
    assert again.sheet.film.path == str(tmp_path / "again.mp4")


def test_what_makes_no_sense_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs photos"):
        library.slideshow(output=tmp_path / "film.mp4", **SMALL)
    with pytest.raises(UsageError, match=r"must end in \.mp4, \.mov, \.mkv or \.webm"):
        library.slideshow(tmp_path, output=tmp_path / "film.avi", **SMALL)
