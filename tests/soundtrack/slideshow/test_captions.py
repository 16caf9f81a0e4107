"""Text over pictures."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.options import Captions
from img2music.soundtrack.slideshow.captions import CaptionFont, caption_of
from img2music.soundtrack.slideshow.photos import Photo

FRAME = (640, 360)
FONT = CaptionFont(FRAME)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_any_text_fits(text: str) -> None:
    overlay = FONT.overlay(text)
    if overlay is not None:
        assert overlay.top % 2 == 0
        assert len(overlay.cover) % 2 == 0
        assert overlay.top + len(overlay.cover) <= FRAME[1]
        assert 0.0 <= overlay.cover.min() <= overlay.cover.max() <= 1.0
        assert overlay.letters[:, : FRAME[0] // 20].max() == 0.0  # a margin stays free
        assert overlay.letters[:, -FRAME[0] // 20 :].max() == 0.0


def test_what_the_font_lacks_is_left_out_and_told() -> None:
    font = CaptionFont(FRAME)
    with_gap, without = font.overlay("Kyoto 𬺰𬺱 2021"), font.overlay("Kyoto 2021")
    assert with_gap is not None
    assert without is not None
    assert np.array_equal(with_gap.letters, without.letters)
    assert font.absent == {"𬺰", "𬺱"}
    assert font.overlay("𬺰𬺱") is None
    assert font.overlay(" \n ") is None


def test_long_text_takes_two_lines_and_ends_in_points() -> None:
    one, two, cut = (FONT.overlay("word " * count) for count in (3, 20, 200))
    assert one is not None
    assert two is not None
    assert cut is not None
    assert two.top < one.top
    assert cut.top == two.top
    assert FONT.overlay("a" * 500) is not None


def test_letters_of_several_scripts() -> None:
    for text in ("Zürich", "Αθήνα", "Москва", "תל אביב"):
        FONT.absent.clear()
        overlay = FONT.overlay(text)
        assert overlay is not None, text
        assert overlay.letters.max() > 0.9
        assert not FONT.absent


def test_what_is_written() -> None:
    photo = Photo("/a/summer_day.jpg", (4, 3), Affect(0.5, 0.5), datetime(2021, 5, 6), dated=True, title="Our garden")
    assert [caption_of(photo, what) for what in Captions] == ["", "Our garden", "summer day"]


def test_no_font(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"no font")
    for name in ("font.ttf", "absent.ttf"):
        with pytest.raises(InputError, match="can't be read as a font"):
            CaptionFont(FRAME, tmp_path / name)
