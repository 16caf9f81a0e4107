"""Mel, loudness, rhythm and tonality against references, known answers and laws."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from img2music.music.audio import loudness, mel, rhythm, tonality
from tests.support.sounds import chords, clicks, noise, tone

STEREO = ("FL", "FR")
C_MAJOR = [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7), (9, 12, 16), (2, 5, 9), (7, 11, 14), (0, 4, 7)]
A_MINOR = [(-3, 0, 4), (2, 5, 9), (4, 8, 11), (-3, 0, 4), (5, 9, 12), (2, 5, 9), (4, 8, 11), (-3, 0, 4)]


def lufs(samples: NDArray[np.float32], rate: int = 48_000, layout: tuple[str, ...] = STEREO) -> float | None:
    return loudness.integrated_loudness(loudness.block_powers(samples, rate, layout))


def decibels(level: float) -> float:
    return float(10 ** (level / 20))


class TestMel:
    def test_filters_equal_librosa(self, librosa: ModuleType) -> None:
        reference = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=128, fmin=0, fmax=8000)
        np.testing.assert_allclose(mel.mel_filters(), reference, atol=1e-8)

    @pytest.mark.usefixtures("librosa")
    @pytest.mark.parametrize("seconds", [0.01, 0.04, 1.0, 50.0])
    def test_spectrogram_equals_vibenet(self, seconds: float) -> None:
        from vibenet.core import extract_mel

        sound = (noise(seconds, 16_000) + tone(440, seconds, 16_000))[0] * np.linspace(
            0.5, 1, round(seconds * 16_000), dtype=np.float32
        )
        ours, theirs = mel.log_mel(sound), extract_mel(sound, 16_000)
        np.testing.assert_allclose(np.maximum(ours, ours.max() - 80), theirs, atol=1e-3)

    def test_silence_is_the_floor(self) -> None:
        np.testing.assert_allclose(mel.log_mel(np.zeros(16_000, np.float32)), -160.0, atol=1e-4)


class TestLoudness:
    """The signals of EBU Tech 3341 (2016), table 1: minimum requirements, each to 0.1 LU."""

    @pytest.mark.parametrize("rate", [44_100, 48_000, 32_000])
    @pytest.mark.parametrize(("level", "expected"), [(-23.0, -23.0), (-33.0, -33.0)])
    def test_cases_1_and_2(self, rate: int, level: float, expected: float) -> None:
        sine = np.repeat(tone(1000, 20, rate, decibels(level)), 2, axis=0)
        assert lufs(sine, rate) == pytest.approx(expected, abs=0.1)

    def test_cases_3_to_5_gating(self) -> None:
        def sequence(*parts: tuple[float, float]) -> NDArray[np.float32]:
            sound = [tone(1000, seconds, 48_000, decibels(level)) for level, seconds in parts]
            return np.repeat(np.concatenate(sound, axis=1), 2, axis=0)

        assert lufs(sequence((-36, 10), (-23, 60), (-36, 10))) == pytest.approx(-23, abs=0.1)
        quiet = sequence((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))
        assert lufs(quiet) == pytest.approx(-23, abs=0.1)
        assert lufs(sequence((-26, 20), (-20, 20.1), (-26, 20))) == pytest.approx(-23, abs=0.1)

    def test_case_6_surround(self) -> None:
        layout = ("FL", "FR", "FC", "LFE", "BL", "BR")
        levels = (-28.0, -28.0, -24.0, 0.0, -30.0, -30.0)
        sound = np.concatenate([tone(1000, 20, 48_000, decibels(level)) for level in levels])
        assert lufs(sound, layout=layout) == pytest.approx(-23, abs=0.1)

    def test_coefficients_are_those_of_the_recommendation(self) -> None:
        """ITU-R BS.1770-4, annex 1, tables 1 and 2."""
        shelf, high_pass = loudness.k_weighting(48_000)
        np.testing.assert_allclose(
            shelf,
            [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585],
        )
        np.testing.assert_allclose(high_pass, [1, -2, 1, 1, -1.99004745483398, 0.99007225036621])

    def test_silence_has_none(self) -> None:
        assert lufs(np.zeros((2, 48_000), np.float32)) is None
        assert lufs(np.repeat(tone(1000, 1, 48_000, decibels(-75)), 2, axis=0)) is None
        assert lufs(tone(1000, 0.3, 48_000), layout=("FC",)) is None

    @settings(deadline=None, max_examples=20)
    @given(gain=st.floats(-20, 20), seed=st.integers(0, 99))
    def test_gain_adds(self, gain: float, seed: int) -> None:
        sound = noise(2, 48_000, 0.05, seed) * np.linspace(0.2, 1, 96_000, dtype=np.float32)
        plain, louder = (lufs(part, layout=("FC",)) for part in (sound, sound * np.float32(decibels(gain))))
        assert plain is not None
        assert louder == pytest.approx(plain + gain, abs=0.01)


def tempo_of(*sounds: NDArray[np.float32]) -> float | None:
    excerpts = [mel.log_mel(sound[0]) for sound in sounds]
    loudest = max(float(excerpt.max()) for excerpt in excerpts)
    strengths = [rhythm.onset_strength(excerpt, loudest) for excerpt in excerpts]
    return rhythm.tempo(strengths, [rhythm.accents(excerpt, loudest)[0] for excerpt in excerpts])


def drums(tempo: float, seconds: float, between: int = 1, weak: float = 0.15) -> NDArray[np.float32]:
    """A drum on every beat, and some that are weaker between beats, shape (1, n)."""
    sound = noise(seconds, 16_000, 0.0003)
    hit = noise(0.1, 16_000, 0.2, 1)[0] * np.exp(-np.arange(1600, dtype=np.float32) / 300)
    for number, start in enumerate(np.arange(0.1, seconds - 0.2, 60.0 / tempo / (1 + between))):
        first = round(start * 16_000)
        sound[0, first : first + len(hit)] += hit * np.float32(weak if number % (1 + between) else 1.0)
    return sound


class TestRhythm:
    @pytest.mark.parametrize("tempo", [60, 75, 90, 97.3, 120, 128, 140, 174])
    def test_clicks(self, tempo: float) -> None:
        found = tempo_of(*(clicks(tempo, seconds) for seconds in (10, 9.5, 10.2)))
        assert found is not None
        # Bare clicks have no metre: an octave away is as true, and far tempi are heard nearer to 120.
        assert min(abs(np.log2(found / tempo) - octave) for octave in (-1, 0, 1)) < 0.02
        if 80 <= tempo <= 130:
            assert found == pytest.approx(tempo, rel=0.01)

    @pytest.mark.parametrize("tempo", [50, 57, 66, 74, 80])
    def test_weak_hits_between_slow_beats_are_no_beats(self, tempo: float) -> None:
        assert tempo_of(drums(tempo, 25)) == pytest.approx(tempo, rel=0.04)

    @pytest.mark.parametrize("tempo", [100, 120, 140])
    def test_even_hits_are_beats(self, tempo: float) -> None:
        assert tempo_of(drums(tempo, 25)) == pytest.approx(tempo, rel=0.04)
        assert tempo_of(drums(tempo, 25, between=0)) == pytest.approx(tempo, rel=0.04)

    def test_few_onsets_are_no_fast_beat(self) -> None:
        swells = np.maximum(0.0, np.sin(np.pi * 180 / 60 * np.arange(400_000) / 16_000)) ** 2
        soft = (tone(440, 25, 16_000) * (1 + 0.5 * swells)).astype(np.float32)
        assert tempo_of(soft) == pytest.approx(90, rel=0.04)

    @pytest.mark.parametrize("tempo", [84, 96, 108, 120])
    def test_dotted_figures_are_no_beats(self, tempo: float) -> None:
        """Three sixteenths, three and two: the first two ask for 4/3 of the tempo."""
        sound = drums(tempo, 25, between=3, weak=0.0)
        for bar in np.arange(0.1, 23.0, 2 * 60.0 / tempo):
            for sixteenth in (0, 3, 6):
                first = round((bar + sixteenth * 15.0 / tempo) * 16_000)
                sound[0, first : first + 1600] += sound[0, 1600:3200] * np.float32(0.8)
        found = tempo_of(sound)
        assert found is not None
        assert min(abs(np.log2(found / tempo) - octave) for octave in (-1, 0)) < 0.02

    @pytest.mark.parametrize("metre", [3, 4])
    def test_bars_are_no_beats(self, metre: int) -> None:
        """The first beat of each bar is louder."""
        sound = drums(112, 25, between=0)
        for number, beat in enumerate(np.arange(0.1, 24.0, 60.0 / 112)):
            if number % metre:
                first = round(beat * 16_000)
                sound[0, first : first + 1600] *= np.float32(0.5)
        assert tempo_of(sound) == pytest.approx(112, rel=0.02)

    @pytest.mark.parametrize("tempo", [60, 120, 200])
    def test_onsets_are_counted(self, tempo: float) -> None:
        spectrogram = mel.log_mel(clicks(tempo, 20)[0])
        strength = rhythm.onset_strength(spectrogram, float(spectrogram.max()))
        assert rhythm.onset_count(strength) == pytest.approx(tempo / 3, abs=2)

    def test_what_does_not_repeat_has_no_tempo(self) -> None:
        for strengths in ([np.zeros(500)], [], [np.ones(20)], [np.eye(1, 1000, 300)[0]]):
            assert rhythm.tempo(strengths, strengths) is None

    @settings(deadline=None, max_examples=10)
    @given(gain=st.floats(0.05, 2.0), tempo=st.integers(70, 170))
    def test_level_does_not_matter(self, gain: float, tempo: int) -> None:
        sound = clicks(tempo, 10)
        assert tempo_of(sound * np.float32(gain)) == pytest.approx(tempo_of(sound), rel=0.01)


def key_of(sound: NDArray[np.float32]) -> tonality.Key | None:
    return tonality.key(tonality.pitches(tonality.spectrum(sound[0])))


def cadence(tonic: int, mode: int) -> list[tuple[int, ...]]:
    """Tonic, subdominant, dominant with its leading tone, tonic."""
    third = 4 if mode else 3
    triads = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    return [tuple(pitch + tonic - 6 for pitch in triad) for triad in triads]


def scale(tonic: int, mode: int) -> list[tuple[int, ...]]:
    """Melodic scale from tonic to tonic, down and up again; the tonic is held."""
    up = (0, 2, 4, 5, 7, 9, 11, 12) if mode else (0, 2, 3, 5, 7, 8, 11, 12)
    steps = [*up, *up[::-1][1:-1], 0, 0, 7, 0]
    return [(step + tonic - 6,) for step in steps]


class TestTonality:
    @pytest.mark.parametrize("mode", [0, 1])
    @pytest.mark.parametrize("progression", [cadence, scale])
    def test_all_keys(self, progression: Callable[[int, int], list[tuple[int, ...]]], mode: int) -> None:
        for tonic in range(12):
            found = key_of(chords(progression(tonic, mode), 0.5))
            assert found == tonality.Key((tonic - 6) % 12, mode), (tonic, mode)

    @pytest.mark.parametrize("cents", [-40, -25, 25, 40])
    def test_tuning_does_not_matter(self, cents: int) -> None:
        for tonic, mode in ((2, 1), (9, 0)):
            detuned = [tuple(pitch + cents / 100 for pitch in chord) for chord in cadence(tonic, mode)]
            assert key_of(chords(detuned, 0.5)) == tonality.Key((tonic - 6) % 12, mode)

    @settings(deadline=None, max_examples=10)
    @given(gain=st.floats(1e-4, 10.0), tonic=st.integers(0, 11))
    def test_level_does_not_matter(self, gain: float, tonic: int) -> None:
        sound = chords(cadence(tonic, 0), 0.5)
        assert key_of(sound * np.float32(gain)) == key_of(sound)

    def test_a_loud_passage_counts_no_more_than_a_soft_one(self) -> None:
        soft, loud = chords(cadence(0, 1) * 2, 0.5), chords([(7, 11, 14)], 1.0)
        assert key_of(np.concatenate([soft, 8 * loud], axis=1)) == key_of(soft)

    def test_a_pitch_sounds_in_its_class(self) -> None:
        for number, frequency in enumerate([261.63, 277.18, 293.66, 311.13, 329.63, 349.23]):
            magnitude = tonality.spectrum(tone(frequency, 2, 16_000)[0])
            assert np.argmax(tonality.pitches(magnitude).sum(axis=0)) == pytest.approx(10 * number, abs=1)

    def test_pitch_classes_of_a_fifth(self) -> None:
        """What leaks into other classes tells the window, and the bins that are used."""
        sound = tone(440.0, 1, 16_000, 1.0) + tone(660.0, 1, 16_000, 0.5)
        found = tonality.pitches(tonality.spectrum(sound[0])).sum(axis=0)[:: tonality.FINE]
        expected = [
            *(0.004762, 0.003993, 0.004105, 0.007177, 0.284177, 0.008133),
            *(0.006233, 0.008821, 0.023454, 0.619578, 0.021963, 0.007604),
        ]
        np.testing.assert_allclose(found / found.sum(), expected, atol=2e-5)
        assert found.sum() == pytest.approx(13.0481, rel=1e-4)

    def test_silence_has_no_key(self) -> None:
        silence = np.zeros((1, 16_000), np.float32)
        assert key_of(silence) is None


class TestSpectrum:
    @staticmethod
    def read(sound: NDArray[np.float32]) -> tuple[float, float]:
        centroid, level = mel.centroid_and_level(mel.log_mel(sound[0]))
        return mel.register(centroid, level), float(level.std())

    def test_register_follows_pitch(self) -> None:
        registers = [self.read(tone(pitch, 2, 16_000))[0] for pitch in (110, 440, 1760, 7040)]
        assert registers == sorted(registers)
        assert registers[0] < 10
        assert registers[-1] > 115

    def test_quiet_parts_say_little_of_the_register(self) -> None:
        both = np.concatenate([tone(440, 2, 16_000), tone(7040, 2, 16_000, 0.0005)], axis=1)
        assert self.read(both)[0] == pytest.approx(self.read(tone(440, 2, 16_000))[0], abs=1)

    def test_levels_spread_with_dynamics(self) -> None:
        steady = noise(4, 16_000)
        swelling = steady * np.geomspace(0.01, 1, steady.shape[1], dtype=np.float32)
        assert self.read(steady)[1] < 1
        assert 8 < self.read(swelling)[1] < 15

    def test_silence_has_numbers(self) -> None:
        register, spread = self.read(np.zeros((1, 16_000), np.float32))
        assert 0 <= register <= 127
        assert spread == pytest.approx(0, abs=1e-3)
