import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.music.lyrics.fusion import LYRICS_MEAN, fuse

UNIT = st.floats(0, 1)


@given(UNIT, UNIT, UNIT)
def test_gladder_words_make_a_track_no_sadder(heard, one, other):
    low, high = sorted((one, other))
    assert 0.0 <= fuse(heard, low) <= fuse(heard, high) <= 1.0


def test_without_words_or_with_common_ones():
    assert fuse(0.9, None) == 0.9
    assert fuse(0.5, LYRICS_MEAN) == pytest.approx(0.5)
    assert fuse(0.5, 0.35) < 0.35
