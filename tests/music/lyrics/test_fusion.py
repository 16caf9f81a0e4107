from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.music.lyrics.affect_model import TextAffect
from img2music.music.lyrics.fusion import LYRICS_MEAN, fuse

UNIT = st.floats(0, 1)


def read(valence, arousal=0.5):
    return TextAffect(Affect(valence, arousal), 100, 0.0, "text-affect/1")


@given(UNIT, UNIT, UNIT, UNIT, UNIT)
def test_words_move_valence_and_leave_arousal(valence, arousal, one, other, excited):
    heard = Affect(valence, arousal)
    low, high = sorted((one, other))
    sad, glad = fuse(heard, read(low)), fuse(heard, read(high, excited))
    assert sad.valence <= glad.valence
    assert sad.arousal == glad.arousal == arousal


def test_without_words_or_with_common_ones():
    assert fuse(Affect(0.9, 0.2), None) == Affect(0.9, 0.2)
    assert fuse(Affect(0.5, 0.2), read(LYRICS_MEAN)) == Affect(0.5, 0.2)
    assert fuse(Affect(0.5, 0.5), read(0.35)).valence < 0.35
