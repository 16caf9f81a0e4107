from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.options import OriginalSound, ScoreOptions
from img2music.progress import Step
from img2music.soundtrack.cue_sheet import CueSheet, OwnSound, TimeSpan
from img2music.soundtrack.own_sound import FilmTrack
from img2music.soundtrack.sound import Mix, ScoredSound, compose, heard
from tests.support.sounds import encode, noise, tone
from tests.support.soundtracks import RATE, Track, cue, encoded, film, metered, sheet, talk

pytestmark = pytest.mark.slow

SPEECH = ((8.0, 14.0), (15.0, 20.0))
LENGTH = 30.04


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with speech, and two songs: a tone of 1 kHz and one of 3 kHz, each with some noise."""
    folder = tmp_path_factory.mktemp("scored")
    own = talk(LENGTH, SPEECH, level=0.05, noise=0.0005)
    film(folder / "film.mov", LENGTH, Track(own.repeat(2, axis=0)))
    film(folder / "silent.mov", LENGTH)
    surround = np.zeros((6, own.shape[1]), dtype=np.float32)
    surround[2] = own[0]
    film(folder / "surround.mov", LENGTH, Track(surround, "5.1"))
    for name, frequency in (("a", 1000.0), ("b", 3000.0)):
        song = tone(frequency, 60.0, amplitude=0.2) + noise(60.0, amplitude=0.01)
        encode(folder / f"{name}.flac", song.repeat(2, axis=0), "flac")
    encode(folder / "silence.flac", noise(60.0, amplitude=0.0), "flac")
    return folder


def scored(folder: Path, name: str = "film.mov") -> CueSheet:
    return sheet(
        LENGTH,
        cue(0.0, 16.0, folder / "a.flac", 20.0, fade_in=1.0, fade_out=2.0),
        cue(16.0, LENGTH, folder / "b.flac", 10.0, fade_in=2.0, fade_out=4.0),
        film=folder / name,
    )


def whole(sound: ScoredSound) -> np.ndarray:
    return np.concatenate(list(sound.blocks))


@pytest.mark.parametrize(
    ("original", "target"), [*((each, -16.0) for each in OriginalSound), (OriginalSound.DUCK, -23.0)]
)
def test_what_an_encoder_makes_of_it_meets_loudness_and_peak(
    folder: Path, tmp_path: Path, original: OriginalSound, target: float
) -> None:
    sound = compose(scored(folder), ScoreOptions(original=original, loudness=target))
    blocks = list(sound.blocks)
    assert (sound.rate, sound.layout, sound.samples) == (RATE, "stereo", round(LENGTH * RATE))
    assert sum(map(len, blocks)) == sound.samples
    assert {block.dtype for block in blocks} == {np.dtype(np.float32)}
    heard, peak = metered(encoded(blocks, tmp_path / "a.m4a"))
    assert heard == pytest.approx(target, abs=0.5)
    assert peak <= -1.0


def power(sound: np.ndarray, frequency: float, start: float, end: float) -> float:
    """Decibels of a tone in a part of the left channel."""
    part = sound[round(start * RATE) : round(end * RATE), 0]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    place = round(frequency * len(part) / RATE)
    return float(10 * np.log10(spectrum[place - 5 : place + 6].sum() / len(part) ** 2 + 1e-20))


def test_music_is_lowered_under_speech_alone_by_what_is_asked(folder: Path) -> None:
    listened = replace(scored(folder), original=heard(scored(folder)).own)
    for duck in (12.0, 6.0):
        ducked = whole(compose(listened, ScoreOptions(duck=duck)))
        lowered = power(ducked, 1000.0, 3.0, 6.0) - power(ducked, 1000.0, 10.0, 13.0)
        assert lowered == pytest.approx(duck, abs=1.0)
        assert power(ducked, 1000.0, 3.0, 6.0) == pytest.approx(power(ducked, 3000.0, 24.5, 25.5), abs=1.0)
    kept, dropped = (
        whole(compose(listened, ScoreOptions(original=each))) for each in (OriginalSound.KEEP, OriginalSound.DROP)
    )
    for sound in (kept, dropped):
        assert power(sound, 1000.0, 3.0, 6.0) == pytest.approx(power(sound, 1000.0, 10.0, 13.0), abs=1.0)
    assert np.corrcoef(kept[:, 0], dropped[:, 0])[0, 1] < 0.95


def test_clips_with_hiss_of_other_levels_leave_the_music_as_it_is(folder: Path, tmp_path: Path) -> None:
    """Home films are made of clips, each with a noise of its own."""
    chance = np.random.default_rng(1)
    levels = np.repeat(10 ** (np.array([-44.0, -76.0, -50.0, -70.0, -56.0]) / 20), 4 * RATE)
    own = (levels * chance.normal(size=len(levels))).astype(np.float32)[None]
    film(tmp_path / "clips.mov", 20.0, Track(own, "mono"))
    one = sheet(20.0, cue(0.0, 20.0, folder / "a.flac"), film=tmp_path / "clips.mov")
    sound = whole(compose(one))
    tones = [power(sound, 1000.0, at + 0.5, at + 3.5) for at in (0.0, 4.0, 8.0, 12.0, 16.0)]
    assert np.ptp(tones) < 1.0


@pytest.mark.parametrize(
    ("music_db", "duck", "lowered"), [(-6.0, 12.0, 6.0), (3.0, 12.0, 15.0), (-20.0, 12.0, 0.0), (6.0, 0.0, 0.0)]
)
def test_music_lies_as_far_beneath_speech_however_loud_it_is(
    folder: Path, music_db: float, duck: float, lowered: float
) -> None:
    listened = replace(scored(folder), original=heard(scored(folder)).own)
    sound, plain = (whole(compose(listened, ScoreOptions(duck=duck, music_db=each))) for each in (music_db, 0.0))
    assert power(sound, 1000.0, 3.0, 6.0) - power(sound, 1000.0, 10.0, 13.0) == pytest.approx(lowered, abs=1.0)
    assert metered([sound])[0] == pytest.approx(-16.0, abs=0.5)
    said = replace(listened, original=replace(listened.original, duck_db=duck, music_db=music_db))
    assert np.array_equal(whole(compose(said)), sound)
    assert not np.array_equal(sound, plain)


@pytest.mark.parametrize("name", ["film.mov", "surround.mov", "silent.mov"])
def test_stems_add_up_to_the_mix(folder: Path, name: str) -> None:
    parts: list[tuple[np.ndarray, np.ndarray | None]] = []
    sound = compose(scored(folder, name), stems=lambda *blocks: parts.append(blocks))
    mix = whole(sound)
    music = np.concatenate([each for each, _ in parts])
    assert music.shape == (round(LENGTH * RATE), 2)
    dropped = whole(compose(scored(folder, name), ScoreOptions(original="drop", loudness=-24.0)))
    assert np.corrcoef(music[: 7 * RATE, 0], dropped[: 7 * RATE, 0])[0, 1] > 0.999
    total = mix * 0.0
    if name != "silent.mov":
        total += np.concatenate([own for _, own in parts])
    total[:, :2] += music
    assert np.abs(total - mix).max() < 1e-6


def test_parts_of_a_film_sound_as_in_the_whole(folder: Path) -> None:
    listened = replace(scored(folder), original=heard(scored(folder)).own)
    mix = whole(compose(listened))
    spans = [TimeSpan(2.0, 4.5), TimeSpan(12.0, 20.0)]
    joined = compose(listened, parts=spans)
    assert joined.samples == round(10.5 * RATE)
    found = whole(joined)
    expected = np.concatenate([mix[round(each.start * RATE) : round(each.end * RATE)] for each in spans])
    assert len(found) == joined.samples
    assert np.corrcoef(found[:, 0], expected[:, 0])[0, 1] > 0.995
    assert np.abs(found[[0, round(2.5 * RATE) - 1, round(2.5 * RATE)]]).max() < 0.01  # no click where they meet


def test_a_sheet_that_says_where_someone_speaks_is_not_listened_for(folder: Path) -> None:
    said = replace(scored(folder), original=OwnSound(OriginalSound.DUCK, 20.0, 0.0, (TimeSpan(1.0, 6.0),)))
    assert heard(said).own == said.original
    sound = whole(compose(said))
    assert power(sound, 1000.0, 2.0, 5.0) - power(sound, 1000.0, 10.0, 13.0) == pytest.approx(-20.0, abs=1.0)
    assert heard(scored(folder, "silent.mov")).own is None


def test_a_gain_without_measure_is_held(folder: Path) -> None:
    said = replace(scored(folder), original=OwnSound(OriginalSound.KEEP, 0.0, 1e300, ()))
    assert np.isfinite(whole(compose(said))).all()


def test_a_film_without_sound_gets_music_alone(folder: Path) -> None:
    silent = whole(compose(scored(folder, "silent.mov"), ScoreOptions(original=OriginalSound.DUCK)))
    assert np.array_equal(silent, whole(compose(scored(folder), ScoreOptions(original=OriginalSound.DROP))))


def test_a_dropped_sound_needs_no_film(folder: Path) -> None:
    assert compose(scored(folder, "gone.mov"), ScoreOptions(original="drop")).samples == round(LENGTH * RATE)
    with pytest.raises(InputError, match=r"gone\.mov"):
        compose(scored(folder, "gone.mov"))
    assert compose(scored(folder, "gone.mov"), film=folder / "film.mov").layout == "stereo"


def test_speech_is_as_loud_as_the_music_and_hiss_is_not_raised(folder: Path, tmp_path: Path) -> None:
    silence = sheet(LENGTH, cue(0.0, LENGTH, folder / "silence.flac"), film=folder / "film.mov")
    alone = whole(compose(silence, ScoreOptions(original=OriginalSound.KEEP)))
    assert metered([alone[8 * RATE : 14 * RATE]])[0] == pytest.approx(-16.0, abs=1.0)
    hiss = np.random.default_rng(4).normal(0, 0.005, (2, round(LENGTH * RATE))).astype(np.float32)
    film(tmp_path / "hiss.mov", LENGTH, Track(hiss))
    with_music = whole(compose(scored(folder), film=tmp_path / "hiss.mov"))
    assert power(with_music, 6000.0, 3.0, 6.0) < power(with_music, 1000.0, 3.0, 6.0) - 30.0


def test_music_comes_from_the_front_of_a_surround_film(folder: Path) -> None:
    sound = compose(scored(folder, "surround.mov"), ScoreOptions(original=OriginalSound.KEEP))
    assert sound.layout == "5.1"
    samples = whole(sound)
    assert samples.shape == (sound.samples, 6)
    assert not samples[:, 3:].any()
    assert power(samples, 1000.0, 3.0, 6.0) > power(samples[:, 2:], 1000.0, 3.0, 6.0) + 40.0
    assert metered([samples], "5.1")[0] == pytest.approx(-16.0, abs=0.5)


def test_where_no_cue_is_there_is_silence(folder: Path) -> None:
    gap = sheet(20.0, cue(2.0, 6.0, folder / "a.flac"), cue(12.0, 16.5, folder / "b.flac"))
    samples = whole(compose(gap, ScoreOptions(original=OriginalSound.DROP)))
    sounding = np.abs(samples).max(axis=1) > 0
    assert not sounding[: 2 * RATE].any()
    assert not sounding[6 * RATE : 12 * RATE].any()
    assert not sounding[round(16.5 * RATE) :].any()
    assert sounding[3 * RATE : 5 * RATE].mean() > 0.99


@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_the_shortest_films_and_silent_songs(folder: Path, seconds: float) -> None:
    for song in ("a.flac", "silence.flac"):
        alone = sheet(seconds, cue(0.0, seconds, folder / song, fade_in=0.1, fade_out=0.1))
        samples = whole(compose(alone, ScoreOptions(original=OriginalSound.DROP)))
        assert len(samples) == round(seconds * RATE)
        assert np.isfinite(samples).all()
        assert bool(samples.any()) == (song == "a.flac")
    assert not whole(compose(sheet(seconds), ScoreOptions(original=OriginalSound.DROP))).any()


@pytest.mark.parametrize(("original", "passes"), [(OriginalSound.DROP, 2), (OriginalSound.DUCK, 3)])
def test_progress_goes_to_the_end(folder: Path, original: OriginalSound, passes: int) -> None:
    told: list[Step] = []
    whole(compose(scored(folder), ScoreOptions(original=original), told.append))
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert (told[-1].done, told[-1].total) == (pytest.approx(passes * LENGTH, abs=0.001),) * 2


def test_a_song_that_is_too_short_is_named_before_anything_is_given(folder: Path) -> None:
    late = sheet(20.0, cue(0.0, 20.0, folder / "a.flac", 45.0), film=folder / "film.mov")
    with pytest.raises(InputError, match=r"a\.flac: ends at 60\.0 s"):
        compose(late)


CLICK = 400


def clicking(seconds: float, every: float = 1.0, channels: int = 2) -> NDArray[np.float32]:
    """A short burst at every second, the first at 0.5 s."""
    sound = np.zeros((channels, round(seconds * RATE)), dtype=np.float32)
    burst = 0.5 * np.sin(2 * np.pi * 4000 * np.arange(CLICK) / RATE) * np.hanning(CLICK)
    for start in np.arange(0.5, seconds - 0.1, every):
        sound[:, round(start * RATE) : round(start * RATE) + CLICK] = burst
    return sound


def own_sound(path: Path, seconds: float) -> NDArray[np.float32]:
    return np.concatenate(list(FilmTrack.of(path).blocks([(0, round(seconds * RATE))])))


def clicks(sound: NDArray[np.float32]) -> list[float]:
    """When bursts begin, in seconds."""
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 0.25)
    first = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 10)]
    burst = np.flatnonzero(np.abs(clicking(1.0)[0]) > 0.25)[0] - RATE // 2
    return [float(place - burst) / RATE for place in first]


@pytest.mark.parametrize("container", ["mov", "mkv"])
@pytest.mark.parametrize(("start", "first"), [(0.0, 0.0), (1.25, 0.0), (0.0, 0.4), (2.0, 1.0)])
def test_sound_lies_where_it_does_in_the_film(tmp_path: Path, container: str, start: float, first: float) -> None:
    path = film(tmp_path / f"a.{container}", 6.0, Track(clicking(5.0), start=start), first=first)
    sound = own_sound(path, 6.0)
    wanted = [start - first + time for time in (0.5, 1.5, 2.5, 3.5, 4.5) if 0 <= start - first + time < 6]
    assert sound.shape == (6 * RATE, 2)
    assert clicks(sound) == pytest.approx(wanted, abs=0.0006 if container == "mkv" else 1e-4)


def test_gaps_are_silent_and_what_follows_stays_in_its_place(tmp_path: Path) -> None:
    tone = np.tile(0.4 * np.cos(2 * np.pi * 300 * np.arange(8 * RATE) / RATE), (2, 1)).astype(np.float32)
    path = film(tmp_path / "a.mkv", 8.0, Track(clicking(8.0), gaps=((2.0, 4.0),)))
    assert clicks(own_sound(path, 8.0)) == pytest.approx([0.5, 1.5, 4.5, 5.5, 6.5, 7.5], abs=0.001)
    path = film(tmp_path / "b.mkv", 8.0, Track(tone[:, : 6 * RATE], gaps=((2.0, 4.0),)))
    sound = own_sound(path, 8.0)[:, 0]
    assert not sound[round(2.05 * RATE) : round(3.95 * RATE)].any()
    assert not sound[round(6.05 * RATE) :].any()
    assert np.abs(np.diff(sound)[100:]).max() < 0.4 * 2 * np.pi * 300 / RATE * 1.5  # no click at the gap's edges


def test_rounded_time_stamps_leave_the_sound_whole(tmp_path: Path) -> None:
    time = np.arange(5 * RATE) / RATE
    tone = np.tile(0.4 * np.sin(2 * np.pi * 300 * time), (2, 1)).astype(np.float32)
    sound = own_sound(film(tmp_path / "a.mkv", 5.0, Track(tone)), 5.0)
    assert np.abs(sound[: -RATE // 10] - tone.T[: -RATE // 10]).max() < 1e-3


def test_the_default_stream_is_heard(tmp_path: Path) -> None:
    silent = Track(clicking(5.0) * 0.0, default=False)
    path = film(tmp_path / "a.mkv", 5.0, silent, Track(clicking(5.0), default=True))
    assert len(clicks(own_sound(path, 5.0))) == 5


@pytest.mark.parametrize(
    ("layout", "kept", "channels"),
    [("mono", "stereo", 2), ("5.1", "5.1", 6), ("5.1(side)", "5.1", 6), ("7.1", "7.1", 8), ("quad", "stereo", 2)],
)
def test_layouts_that_encoders_know_are_kept(tmp_path: Path, layout: str, kept: str, channels: int) -> None:
    count = {"mono": 1, "quad": 4, "7.1": 8}.get(layout, 6)
    part = clicking(3.0, channels=count)
    part[1:] *= 0.0
    path = film(tmp_path / "a.mkv", 3.0, Track(part, layout))
    assert FilmTrack.of(path).layout == kept
    sound = own_sound(path, 3.0)
    assert sound.shape == (3 * RATE, channels)
    assert len(clicks(sound)) == 3
    assert not sound[:, 2:].any()  # what was in front is still in front


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    assert FilmTrack.of(film(tmp_path / "a.mp4", 1.0)) is None


def test_a_film_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4"):
        FilmTrack.of(tmp_path / "gone.mp4")


def test_a_film_that_is_cut_short_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 6.0, Track(clicking(6.0)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = clicks(own_sound(path, 6.0))
    assert found == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5][: len(found)], abs=0.001)
    assert found


@pytest.mark.parametrize(
    ("song", "own", "container", "late"),
    # Matroska tells milliseconds; else the rates of song and mix have no moments in common
    [("flac", "pcm_s16le", "mov", 1), ("mp3", "aac", "mp4", 1), ("ogg", "libopus", "mkv", 48)],
)
def test_a_span_is_what_is_rendered_there(tmp_path: Path, song: str, own: str, container: str, late: int) -> None:
    shot = tmp_path / f"film.{container}"
    spoken = talk(LENGTH, SPEECH, level=0.05, noise=0.0005)
    film(shot, LENGTH, Track(spoken.repeat(2, axis=0), codec=own))
    for name, frequency in (("a", 700.0), ("b", 1100.0)):
        sound = tone(frequency, 60.0, amplitude=0.2) + noise(60.0, amplitude=0.05)
        encode(tmp_path / f"{name}.{song}", sound.repeat(2, axis=0), song)
    said = sheet(
        LENGTH,
        cue(0.0, 16.0, tmp_path / f"a.{song}", 20.0, fade_in=1.0, fade_out=2.0),
        cue(16.0, LENGTH, tmp_path / f"b.{song}", 10.0, fade_in=2.0, fade_out=4.0),
        film=shot,
    )
    said = replace(said, original=heard(said).own)
    rendered = whole(compose(said))
    mix = Mix.of(said, ScoreOptions(), shot, LENGTH)
    curve = mix.measured(ScoreOptions().loudness)
    for start, seconds in ((0.0, 3.0), (7.77, 2.5), (15.9, 3.0), (28.0, 9.0)):
        first = round(start * RATE)
        span = mix.span(curve, first, round(seconds * RATE))
        expected = rendered[first : first + round(seconds * RATE)]
        assert span.shape == expected.shape
        blocks = (np.array_split(each, 6) for each in (span, expected))
        for heard_block, rendered_block in zip(*blocks, strict=True):
            levels = [20 * np.log10(np.sqrt(np.square(each).mean())) for each in (heard_block, rendered_block)]
            assert levels[0] == pytest.approx(levels[1], abs=0.2)
        middle = span[RATE : 2 * RATE, 0]
        apart = {
            shift: float(np.abs(middle - expected[RATE + shift : 2 * RATE + shift, 0]).mean())
            for shift in range(-60, 60)
        }
        assert abs(min(apart, key=apart.__getitem__)) <= late
