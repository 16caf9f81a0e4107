"""Speech is told by what it is: from hiss of any level, from tones, and from notes that are sung."""

import numpy as np
import pytest

from img2music.soundtrack import speech
from img2music.soundtrack.speech import Spans, SpeechFinder
from tests.support.sounds import chords
from tests.support.soundtracks import RATE, Sound, talk


def found(sound: Sound) -> Spans:
    finder = SpeechFinder()
    for first in range(0, sound.shape[1], RATE):
        finder.add(sound.T[first : first + RATE])
    return finder.spans()


def hiss(*levels: float) -> Sound:
    """Four seconds of each level, in dBFS."""
    chance = np.random.default_rng(1)
    return np.concatenate([10 ** (db / 20) * chance.normal(size=4 * RATE) for db in levels]).astype(np.float32)[None]


@pytest.mark.parametrize("level", [0.2, 0.005])
def test_speech_is_found_where_it_is(level: float) -> None:
    sound = talk(14.0, ((2.0, 5.0), (9.0, 12.0)), level=level, noise=0.0005)
    spans = found(np.concatenate([sound, 0.5 * sound]))
    heard = np.zeros(1400, dtype=bool)
    for start, end in spans:
        heard[round(start * 100) : round(end * 100)] = True
    spoken = np.zeros(1400, dtype=bool)
    spoken[200:500] = spoken[900:1200] = True
    assert heard[spoken].mean() > 0.85
    assert not heard[~spoken & ~np.roll(spoken, 30) & ~np.roll(spoken, -30)].any()


def test_noise_and_music_are_no_speech() -> None:
    assert found(hiss(-44.0, -76.0, -50.0, -70.0, -20.0)) == ()
    notes = np.repeat(chords([(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)] * 2), 3, axis=1)
    assert found(notes) == ()


@pytest.mark.parametrize("samples", [0, 1, 100, 4_800])
def test_the_shortest_sounds(samples: int) -> None:
    assert found(np.zeros((1, samples), dtype=np.float32)) == ()


def test_parts_give_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = talk(11.0, ((1.0, 4.5), (5.5, 8.0)))
    whole = found(sound)
    monkeypatch.setattr(speech, "PART", 3.0)
    assert found(sound) == whole
    assert len(whole) >= 2
