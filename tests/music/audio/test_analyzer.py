"""The analyzer: vibenet's own numbers, the demo pieces' moods, determinism, hostile files."""

import os
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import astuple, replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soxr import resample

from demo.media import known_pieces
from img2music.affect import Affect
from img2music.analysis import PITCH_CLASSES, TrackAnalysis
from img2music.errors import InputError
from img2music.matching.passages import best_passage
from img2music.music.audio import analyzer
from img2music.music.audio.mel import HOP, WINDOW, centroid_and_level, log_mel
from img2music.music.audio.network import LABELS
from tests.support.sounds import chords, clicks, encode, noise, tone, wav_header

pytestmark = pytest.mark.slow

demo = pytest.importorskip("immich_memories_music")
PIECES = sorted(Path(str(files(demo))).glob("tracks/**/*.opus"))


@pytest.fixture(scope="module")
def analyses() -> dict[Path, TrackAnalysis]:
    return {piece: analyzer.analyze_track(piece) for piece in PIECES}


def song(seconds: float, rate: int = 16_000) -> np.ndarray:
    """Chords with clicks on them, shape (1, n)."""
    part = chords([(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)], 2.0, rate)
    sound = np.tile(part, int(np.ceil(seconds / 8)))[:, : round(seconds * rate)]
    return sound + clicks(120, seconds, rate)


def as_it_is_judged(sound: np.ndarray) -> np.ndarray:
    """At the one level, from the first frame that sounds to the last."""
    level = centroid_and_level(log_mel(sound))[1]
    sounding = np.flatnonzero(level > level.max() - analyzer.RANGE)
    part = sound[sounding[0] * HOP : sounding[-1] * HOP + WINDOW]
    return part * np.float32(10 ** ((analyzer.LEVEL - level.max()) / 20))


@pytest.mark.usefixtures("librosa")
def test_features_equal_vibenets_own(analyses: dict[Path, TrackAnalysis]) -> None:
    vibenet = pytest.importorskip("vibenet")
    from vibenet.core import load_audio

    pieces = PIECES[::7]
    sounds = [as_it_is_judged(load_audio(str(piece), 16_000)) for piece in pieces]
    for piece, result in zip(pieces, vibenet.load_model().predict(sounds, 16_000), strict=True):
        for label in LABELS:
            ours = getattr(analyses[piece].features, label)
            assert ours == pytest.approx(getattr(result, label), abs=2e-3), (piece.name, label)


def test_moods_of_the_demo_sound_right(analyses: dict[Path, TrackAnalysis]) -> None:
    moods = defaultdict(list)
    for piece, analysis in analyses.items():
        moods[piece.parent.name].append((analysis.affect.valence, analysis.affect.arousal))
    valence, arousal = ({mood: np.mean(points, axis=0)[axis] for mood, points in moods.items()} for axis in (0, 1))
    assert max(valence, key=valence.__getitem__) == "happy"
    assert min(valence, key=valence.__getitem__) in {"nostalgic", "calm"}
    assert max(arousal, key=arousal.__getitem__) == "energetic"
    assert min(arousal, key=arousal.__getitem__) == "calm"
    assert sorted(arousal, key=arousal.__getitem__)[-2:] == ["happy", "energetic"]
    assert arousal["energetic"] - max(arousal[mood] for mood in ("tender", "nostalgic", "calm")) > 0.08
    assert arousal["energetic"] - arousal["calm"] > 0.15


def test_tempo_and_key_of_the_demo(analyses: dict[Path, TrackAnalysis]) -> None:
    """The tempo and key that each piece was made for; MIREX weighs near misses of key."""
    exact = octave = 0
    weights = []
    for name, known in known_pieces().items():
        features = next(a.features for piece, a in analyses.items() if piece.name == name)
        ratio = (features.tempo or 1.0) / known.tempo
        exact += abs(ratio - 1) <= 0.04
        octave += any(abs(ratio / factor - 1) <= 0.04 for factor in (1, 2, 3, 1 / 2, 1 / 3))
        tonic, scale = known.key.split()
        mode = int(scale == "major")
        assert features.key is not None
        distance = (features.key - PITCH_CLASSES.index(tonic)) % 12
        if features.mode == mode:
            weights.append({0: 1.0, 7: 0.5}.get(distance, 0.0))
        else:
            weights.append({(9 if mode else 3): 0.3, 0: 0.2}.get(distance, 0.0))
    assert len(weights) == 28
    assert exact >= 23
    assert octave >= 27
    assert sum(weight == 1.0 for weight in weights) >= 21
    assert np.mean(weights) >= 0.79


def test_a_long_track_is_heard_in_excerpts(tmp_path: Path) -> None:
    path = encode(tmp_path / "long.ogg", song(200), "ogg", 16_000)
    analysis = analyzer.analyze_track(path)
    assert analysis.analyzer == analyzer.ANALYZER
    assert analysis.duration == pytest.approx(200, abs=0.1)
    assert analysis.listened == pytest.approx(96, abs=0.1)
    assert [point.start for point in analysis.curve] == pytest.approx((np.arange(12) + 0.5) * 200 / 12 - 4, abs=0.05)
    assert all(point.end - point.start == pytest.approx(8, abs=0.05) for point in analysis.curve)
    features = analysis.features
    assert features.tempo == pytest.approx(120, rel=0.01)
    assert (features.key, features.mode) == (0, 1)


def test_a_short_track_is_heard_whole(tmp_path: Path) -> None:
    analysis = analyzer.analyze_track(encode(tmp_path / "short.flac", song(25), "flac", 16_000))
    assert analysis.listened == pytest.approx(25, abs=0.01)
    assert analysis.curve[0].start == 0
    assert analysis.curve[-1].end == pytest.approx(25, abs=0.01)
    for one, next_one in pairwise(analysis.curve):
        assert one.end == next_one.start


def read(path: Path, sound: np.ndarray, rate: int = 16_000) -> TrackAnalysis:
    return analyzer.analyze_track(encode(path, sound.astype(np.float32), "wav-float", rate))


def farthest(one: TrackAnalysis, other: TrackAnalysis) -> float:
    """The greatest difference in affect, of the tracks or of a window."""
    pairs = [(one.affect, other.affect)]
    pairs += [(a.affect, b.affect) for a, b in zip(one.curve, other.curve, strict=True)]
    return max(max(abs(a.valence - b.valence), abs(a.arousal - b.arousal)) for a, b in pairs)


def test_gain_moves_nothing_but_the_loudness(tmp_path: Path) -> None:
    sound = song(20)
    plain = read(tmp_path / "plain.wav", sound)
    for decibels in (3, -20, -30):
        changed = read(tmp_path / f"{decibels}.wav", sound * 10 ** (decibels / 20))
        assert farthest(plain, changed) < 0.002, decibels
        features = replace(changed.features, loudness=changed.features.loudness - decibels)
        assert astuple(features) == pytest.approx(astuple(plain.features), abs=0.02)


@pytest.mark.parametrize("form", ["turned over", "one side", "offset", "faint offset", "leading silence", "other rate"])
def test_what_is_no_music_moves_little(tmp_path: Path, form: str) -> None:
    sound = song(20)
    plain = read(tmp_path / "plain.wav", sound)
    changed = {
        "turned over": np.concatenate([sound, -sound]),
        "one side": np.concatenate([sound, 0 * sound]),
        "offset": sound + np.float32(0.2),
        "faint offset": sound * np.float32(0.1) + np.float32(0.02),
        "leading silence": np.concatenate([np.zeros((1, 48_000)), sound], axis=1),
        "other rate": resample(sound[0], 16_000, 48_000)[np.newaxis],
    }[form]
    analysis = read(tmp_path / "changed.wav", changed, 48_000 if form == "other rate" else 16_000)
    assert analysis.affect.distance(plain.affect) < 0.03
    assert (analysis.features.key, analysis.features.mode) == (plain.features.key, plain.features.mode)
    assert analysis.features.tempo == pytest.approx(plain.features.tempo, rel=0.02)
    # Another rate takes away what is highest, of which this song has much.
    assert analysis.features.energy == pytest.approx(plain.features.energy, abs=0.1)


@pytest.mark.parametrize("steps", [-5, 2])
def test_major_is_more_pleasant_than_minor(tmp_path: Path, steps: int) -> None:
    major, minor = [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)], [(0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7)]
    affects = []
    for progression in (major, minor):
        moved = [tuple(pitch + steps for pitch in chord) for chord in progression]
        affects.append(read(tmp_path / "song.wav", chords(moved, 2.0) + clicks(120, 8)).affect)
    assert affects[0].valence > affects[1].valence + 0.1
    assert affects[0].arousal == pytest.approx(affects[1].arousal, abs=0.1)


def test_damage_and_shortness_are_noted(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.flac", song(20), "flac", 16_000)
    assert analyzer.analyze_track(whole).note is None
    content = bytearray(whole.read_bytes())
    third = len(content) // 3
    (tmp_path / "short.flac").write_bytes(content[:third])
    assert "cut short" in analyzer.analyze_track(tmp_path / "short.flac").note
    content[third : third + 20_000] = bytes(20_000)
    (tmp_path / "damaged.flac").write_bytes(content)
    assert "damaged" in analyzer.analyze_track(tmp_path / "damaged.flac").note


def test_louder_half_is_more_arousing(tmp_path: Path) -> None:
    sound = song(60)
    sound[:, : 30 * 16_000] *= 0.02
    sound[:, 30 * 16_000 :] += noise(30, 16_000, 0.1)
    curve = analyzer.analyze_track(encode(tmp_path / "two.flac", sound, "flac", 16_000)).curve
    arousal = [point.affect.arousal for point in curve]
    assert max(arousal[:3]) < min(arousal[3:])


def test_extreme_sounds_read_as_no_extreme(tmp_path: Path) -> None:
    syllables = noise(20, 16_000, 0.2) * np.maximum(0, np.sin(2 * np.pi * 4 * np.arange(320_000) / 16_000))
    sounds = {
        "noise": noise(20, 16_000, 0.3),
        "low": tone(60, 20, 16_000),
        "high": tone(6000, 20, 16_000),
        "syllables": syllables.astype(np.float32),
        "faint": tone(440, 20, 16_000, 0.001),
    }
    for name, sound in sounds.items():
        analysis = analyzer.analyze_track(encode(tmp_path / f"{name}.flac", sound, "flac", 16_000))
        for affect in (analysis.affect, *(point.affect for point in analysis.curve)):
            assert 0.02 < affect.valence < 0.98, (name, affect)
            assert 0.02 < affect.arousal < 0.98, (name, affect)


def test_the_same_bits_in_another_process() -> None:
    piece = PIECES[3]
    code = "import sys; from img2music.music.audio.analyzer import analyze_track; print(analyze_track(sys.argv[1]))"
    here = str(analyzer.analyze_track(piece))
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(piece)], capture_output=True, text=True, check=True, env=env
        ).stdout.strip()
        for env in (_environment(OMP_NUM_THREADS="1"), _environment(OMP_NUM_THREADS="4"))
    ]
    assert runs == [here, here]


def _environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **values}


def test_importing_is_light() -> None:
    code = (
        "import sys, img2music.music.audio.analyzer, img2music.media.audio, img2music.connectors.tags;"
        "heavy = {'av', 'onnxruntime', 'scipy', 'librosa', 'numba', 'mutagen', 'soxr', 'soundfile'};"
        "print(heavy & set(sys.modules))"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True, env=_environment()).stdout == "set()\n"


@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.3])
def test_too_short_to_hear(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(InputError, match="shorter than"):
        analyzer.analyze_track(encode(tmp_path / "blip.wav", tone(440, seconds)))


@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_the_shortest_sounds(tmp_path: Path, seconds: float) -> None:
    analysis = analyzer.analyze_track(encode(tmp_path / "blip.wav", tone(440, seconds)))
    assert len(analysis.curve) == 1
    assert analysis.features.tempo is None


def test_silence_is_refused(tmp_path: Path) -> None:
    path = encode(tmp_path / "silence.flac", np.zeros((2, 44_100 * 90), np.float32), "flac")
    with pytest.raises(InputError, match="silent"):
        analyzer.analyze_track(path)


@pytest.mark.parametrize("hiss", [0.0, 10 ** (-75 / 20)])
def test_silence_within_a_track_is_no_part_of_its_music(tmp_path: Path, hiss: float) -> None:
    part, gap = song(36), noise(20, 16_000, hiss)
    plain = read(tmp_path / "plain.wav", np.concatenate([part, part], axis=1))
    analysis = read(tmp_path / "gap.wav", np.concatenate([part, gap, part], axis=1))
    assert [point.silent for point in analysis.curve] == [False] * 5 + [True] * 2 + [False] * 5
    assert {point.affect for point in analysis.curve if point.silent} == {analyzer.SILENCE}
    assert analysis.affect.distance(plain.affect) < 0.03
    features = replace(analysis.features, tempo=plain.features.tempo)
    assert analysis.features.tempo == pytest.approx(plain.features.tempo, rel=0.01)
    assert astuple(features) == pytest.approx(astuple(plain.features), abs=0.05)
    for target in (analyzer.SILENCE, analysis.affect, Affect(1.0, 1.0)):
        positions = [astuple(point.affect) for point in analysis.curve]
        passage = best_passage(analysis.curve, positions, astuple(target), analysis.duration)
        assert not any(each.silent and passage.start < each.end and passage.end > each.start for each in analysis.curve)


def test_silence_after_a_short_song_does_not_hide_it(tmp_path: Path) -> None:
    part = song(20, 8_000)
    plain = read(tmp_path / "plain.wav", part, 8_000)
    analysis = read(tmp_path / "long.wav", np.pad(part, [(0, 0), (0, 600 * 8_000)]), 8_000)
    assert (analysis.duration, analysis.listened) == (620, 96 + 8 * 10)
    assert [point.silent for point in analysis.curve] == [False] * 3 + [True] * 19
    assert analysis.affect.distance(plain.affect) < 0.03
    assert analysis.features.tempo == pytest.approx(plain.features.tempo, rel=0.01)
    assert (analysis.features.key, analysis.features.mode) == (plain.features.key, plain.features.mode)


def test_a_header_that_promises_years_of_sound(tmp_path: Path) -> None:
    """FLAC's stream info can claim 2^36 samples; what is there counts."""
    whole = bytearray(encode(tmp_path / "song.flac", song(120), "flac", 16_000).read_bytes())
    info = whole.index(b"fLaC") + 8
    samples = int.from_bytes(whole[info + 10 : info + 18], "big") | (2**36 - 1)
    whole[info + 10 : info + 18] = samples.to_bytes(8, "big")
    path = tmp_path / "liar.flac"
    path.write_bytes(whole)
    analysis = analyzer.analyze_track(path)
    assert analysis.duration == pytest.approx(120, abs=1)
    assert analysis.listened == pytest.approx(96, abs=1)


def test_half_a_long_file_is_heard_where_it_is(tmp_path: Path) -> None:
    for kind in ("flac", "wav", "mp3"):
        whole = encode(tmp_path / f"song.{kind}", song(240), kind, 16_000).read_bytes()
        path = tmp_path / f"half.{kind}"
        path.write_bytes(whole[: len(whole) // 2])
        analysis = analyzer.analyze_track(path)
        assert analysis.duration == pytest.approx(120, abs=6), kind
        assert analysis.listened == pytest.approx(96, abs=1), kind
        assert analysis.curve[-1].end < 121, kind


@settings(deadline=None, max_examples=40)
@given(
    st.binary(max_size=3000),
    st.sampled_from(
        [
            b"",
            b"ID3\x03\x00\x00\x00\x00\x00\x00",
            b"fLaC",
            b"OggS",
            wav_header(size=3000),
            b"\xff\xfb\x90\x00",
        ]
    ),
)
def test_any_bytes_are_a_track_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "song.mp3"
    path.write_bytes(head + content)
    with suppress(InputError):
        assert analyzer.analyze_track(path).curve


@given(st.floats(0.01, 1e9))
def test_the_plan_stays_within_the_track(duration: float) -> None:
    spans = analyzer.plan(duration)
    assert all(0 <= start < end <= duration * (1 + 1e-9) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert sum(end - start for start, end in spans) == pytest.approx(min(duration, 96.0), rel=1e-6)
