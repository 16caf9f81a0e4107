"""How long films last whose pictures or clocks are uneven, and when each picture and sound comes."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from img2music.media.film_writer import write_film
from img2music.media.video import VideoFile, survey_of
from tests.media.test_film_writer import Ticks

pytestmark = pytest.mark.slow

RATE = 48_000


def film(
    path: Path,
    times: Sequence[float],
    *,
    last: float | None = None,
    rate: int = 25,
    sound: float = 0.0,
    begin: float = 0.0,
    reordered: int = 0,
    text: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write pictures at some times, of which the last packet lasts ``last`` seconds, and a click at every second."""
    tick = Fraction(1, 1000)
    with av.open(str(path), "w", options=options or {}) as out:
        pictures: Any = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "40"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        pictures.codec_context.time_base = tick
        pictures.codec_context.max_b_frames = reordered
        heard: Any = out.add_stream("aac", rate=RATE, layout="mono") if sound else None
        words: Any = out.add_stream("subrip") if text else None
        if words is not None:
            words.codec_context.time_base = tick
            words.codec_context.subtitle_header = b"[Script Info]\n\n[Events]\nFormat: Text\n"
        out.start_encoding()
        made: list[Any] = []
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * number % 256, dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(1000 * (begin + time)), tick
            made += pictures.encode(frame)
        made += pictures.encode(None)
        if last is not None:
            made[-1].duration = round(last / made[-1].time_base)
        samples = np.zeros(round(sound * RATE), dtype=np.float32)
        for second in range(int(sound)):
            samples[second * RATE + RATE // 2 :][:480] = 0.5 * np.sin(np.arange(480))
        for place in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, place : place + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = RATE, place + round(begin * RATE), Fraction(1, RATE)
            made += heard.encode(block)
        made += heard.encode(None) if sound else []
        for packet in sorted(made, key=lambda packet: (packet.dts or 0) * packet.time_base):
            out.mux(packet)
        if words is not None:
            packet = av.Packet(b"Good night")
            packet.stream, packet.time_base, packet.duration = words, tick, 5000
            packet.pts = packet.dts = round(1000 * times[-1])
            out.mux(packet)
    return path


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def shown(path: Path) -> list[float]:
    with VideoFile(path) as video:
        return [frame.time for frame in video.frames()]


def clicks(path: Path) -> list[float]:
    """Seconds of the film at which sound is loud, each by the first."""
    loud: list[float] = []
    with VideoFile(path) as film:
        for start, frame in film.sound():
            assert start is not None
            for place in np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2) / RATE:
                if not loud or start + place > loud[-1] + 0.2:
                    loud.append(start + place)
    return loud


def scored(path: Path, output: Path) -> tuple[str, ...]:
    seen = survey_of(path)
    return write_film(path, seen, Ticks(round(seen.duration * RATE)), output)


EVEN = [number / 25 for number in range(25)]
SLOWER = [*(number / 25 for number in range(20)), *(0.8 + 0.4 * number for number in range(8))]
SECONDS = [float(number) for number in range(4)]


@pytest.mark.parametrize(
    ("name", "times", "rate", "last", "reordered", "lasts"),
    [
        ("last_picture_is_long.mp4", EVEN, 25, 3.0, 0, 3.96),
        ("last_packet_is_long.mkv", EVEN, 25, 3.0, 3, 3.92),
        ("becomes_slower.mp4", SLOWER, 25, None, 4, 4.0),
        ("one_picture.mkv", [0.0], 25, 3.0, 3, 3.0),
        ("one_picture_a_second.mkv", SECONDS, 1, None, 0, 4.0),
        ("one_picture_a_second_reordered.mkv", SECONDS, 1, None, 3, 4.0),
    ],
)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_film_lasts_until_its_last_picture_ends(
    tmp_path: Path,
    *,
    name: str,
    times: list[float],
    rate: int,
    last: float | None,
    reordered: int,
    lasts: float,
    ending: str,
) -> None:
    path = film(tmp_path / name, times, rate=rate, last=last, sound=4.5, reordered=reordered)
    with VideoFile(path) as video:
        assert [frame.time for frame in video.frames()] == pytest.approx(times, abs=0.001)
        assert video.survey.duration == survey_of(path).duration == pytest.approx(lasts, abs=0.001)
    assert survey_of(path).lacking < 0.1
    assert scored(path, tmp_path / f"out.{ending}") == ()  # copied
    assert shown(tmp_path / f"out.{ending}") == pytest.approx(times, abs=0.001)
    assert survey_of(tmp_path / f"out.{ending}").duration == pytest.approx(lasts, abs=0.01)


WRAP = 2**33 / 90_000  # seconds that the clock of MPEG streams counts

JOINED = {
    "again": ("ts", [0.0, 0.0, 0.0], True),
    "forward and back": ("ts", [0.0, 3000.0, 1.0], True),
    "a little forward": ("ts", [0.0, 5.0, 3000.0], True),
    "back and forward": ("ts", [3000.0, 0.0, 3000.0], True),
    "around": ("ts", [WRAP - 0.5, 0.5, 3000.0], True),
    "without sound": ("ts", [0.0, 5.0, 1.0, 3000.0], False),
    "Matroska again": ("mkv", [0.0, 0.0], True),
    "Matroska forward": ("mkv", [0.0, 100.0], True),
}


@pytest.mark.parametrize("name", JOINED)
def test_where_the_clock_jumps_the_film_goes_on(tmp_path: Path, name: str) -> None:
    ending, begins, sounding = JOINED[name]
    parts = [
        film(tmp_path / f"{number}.{ending}", EVEN, sound=1.0 if sounding else 0.0, begin=begin, reordered=2)
        for number, begin in enumerate(begins)
    ]
    path, lasts = joined(tmp_path / f"film.{ending}", *parts), len(parts)
    assert survey_of(path).duration == pytest.approx(lasts, abs=0.002)
    assert survey_of(path).lacking == 0.0
    assert shown(path) == pytest.approx([number / 25 for number in range(25 * lasts)], abs=0.002)
    assert clicks(path) == pytest.approx([number + 0.5 for number in range(lasts)] if sounding else [], abs=0.03)
    (note,) = scored(path, tmp_path / "out.mp4")
    assert "its clock jumps" in note
    assert survey_of(tmp_path / "out.mp4").duration == pytest.approx(lasts, abs=0.002)


def test_a_part_without_sound(tmp_path: Path) -> None:
    sounding, silent = film(tmp_path / "sounding.ts", EVEN, sound=1.0), film(tmp_path / "silent.ts", EVEN)
    path = joined(tmp_path / "film.ts", sounding, silent, sounding)
    assert survey_of(path).duration == pytest.approx(3.0, abs=0.05)
    assert clicks(path) == pytest.approx([0.5, 2.5], abs=0.05)


def test_a_broadcast_that_goes_on_in_other_streams(tmp_path: Path) -> None:
    one = film(tmp_path / "one.ts", EVEN, sound=1.0)
    two = film(tmp_path / "two.ts", EVEN, sound=1.0, options={"mpegts_start_pid": "0x180"})
    path = joined(tmp_path / "film.ts", one, two)
    assert survey_of(path).duration == pytest.approx(2.0, abs=0.05)  # libav loses the picture before
    assert clicks(path) == pytest.approx([0.5, 1.5], abs=0.05)


@pytest.mark.parametrize("ending", ["ts", "mkv"])
def test_a_picture_that_is_shown_long_is_no_jump(tmp_path: Path, ending: str) -> None:
    times = [*EVEN, 13.0, 13.04]
    path = film(tmp_path / f"film.{ending}", times, sound=13.0)
    assert survey_of(path).duration == pytest.approx(13.08, abs=0.2)
    assert shown(path) == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("what", ["sound", "subtitles"])
def test_what_outlasts_the_pictures_does_not_make_a_film_cut_short(tmp_path: Path, what: str) -> None:
    path = film(tmp_path / "film.mkv", EVEN, sound=5.0 if what == "sound" else 1.0, text=what == "subtitles")
    assert survey_of(path).duration == pytest.approx(1.0, abs=0.002)
    assert survey_of(path).lacking < 0.1
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    assert survey_of(path).lacking > 0.5


def test_pictures_without_time_stamps(tmp_path: Path) -> None:
    path = film(tmp_path / "film.h264", EVEN, reordered=2)
    assert survey_of(path).duration == pytest.approx(1.0)
    scored(path, tmp_path / "out.mp4")
    assert shown(tmp_path / "out.mp4") == pytest.approx(EVEN, abs=0.001)
