"""How long films last whose pictures or clocks are uneven, and when each picture and sound comes."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from img2music.media.film_packets import survey
from img2music.media.film_sound import FilmSound
from img2music.media.film_writer import write_film
from img2music.media.video import VideoFile
from tests.media.test_film_writer import Ticks

RATE = 48_000


def film(
    path: Path,
    times: Sequence[float],
    *,
    last: float | None = None,
    sound: float = 0.0,
    begin: float = 0.0,
    reordered: bool = False,
    text: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write pictures at some times, of which the last packet lasts ``last`` seconds, and a click at every second."""
    tick = Fraction(1, 1000)
    with av.open(str(path), "w", options=options or {}) as out:
        pictures: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "40"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        pictures.codec_context.time_base = tick
        pictures.codec_context.max_b_frames = 2 if reordered else 0
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
        for packet in made:
            packet.duration = round(0.04 / packet.time_base)
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
    with FilmSound(path) as heard:
        for start, frame in heard.sound():
            assert start is not None
            for place in np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2) / RATE:
                if not loud or start + place > loud[-1] + 0.2:
                    loud.append(start + place)
    return loud


EVEN = [number / 25 for number in range(50)]
SLOWER = [*(number / 25 for number in range(20)), *(0.8 + 0.4 * number for number in range(8))]


@pytest.mark.parametrize("reordered", [False, True])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_the_last_picture_lasts_as_long_as_its_packet(tmp_path: Path, ending: str, *, reordered: bool) -> None:
    path = film(tmp_path / f"film.{ending}", EVEN, last=3.0, sound=4.0, reordered=reordered)
    lasts = 0.04 if ending == "mkv" else 3.0  # which has nowhere to say it, but for the sound's end
    assert survey(path).duration == pytest.approx(1.96 + lasts, abs=0.09)
