import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.music.lyrics.fusion import LYRICS_MEAN, OTHER_READERS, WEIGHT, fuse, on_common_scale

UNIT = st.floats(0, 1)


@given(UNIT, UNIT, UNIT)
def test_gladder_words_make_a_track_no_sadder(heard, one, other):
    low, high = sorted((one, other))
    assert 0.0 <= fuse(heard, low) <= fuse(heard, high) <= 1.0


def test_without_words_or_with_common_ones():
    assert fuse(0.9, None) == 0.9
    assert fuse(0.5, LYRICS_MEAN) == pytest.approx(0.5)
    assert fuse(0.5, 0.47) < 0.5 < fuse(0.5, 0.5)


@pytest.mark.parametrize("model", ["text-affect/1", *OTHER_READERS])
@given(read=UNIT, other=UNIT)
def test_models_are_brought_to_one_scale_in_order(model, read, other):
    low, high = sorted((read, other))
    assert 0.0 <= on_common_scale(low, model) <= on_common_scale(high, model) <= 1.0
    mean, _ = OTHER_READERS.get(model, (LYRICS_MEAN, 0))
    assert on_common_scale(mean, model) == pytest.approx(LYRICS_MEAN)


@given(UNIT, UNIT)
def test_words_move_a_track_by_their_weight_at_most(heard, read):
    assert abs(fuse(heard, read) - heard) <= WEIGHT + 1e-12
