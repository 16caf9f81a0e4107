"""Films written with other sound: what is copied, what is kept, and when everything is seen and heard."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray
from PIL import Image

from img2music.errors import InputError, UsageError
from img2music.media.film_writer import write_film
from img2music.media.output_formats import FILM
from img2music.media.video import VideoFile, survey_of

pytestmark = pytest.mark.slow

RATE = 48_000
TICKS = (0.25, 1.0, 1.8)
MILLISECOND = Fraction(1, 1000)
EVEN = tuple(number / 25 for number in range(50))


@dataclass(frozen=True)
class Ticks:
    """Silence with a tick now and then."""

    samples: int
    layout: str = "stereo"
    rate: int = RATE

    @property
    def blocks(self) -> Iterator[NDArray[np.float32]]:
        sound = np.zeros((self.samples, av.AudioLayout(self.layout).nb_channels), dtype=np.float32)
        for tick in TICKS:
            sound[round(tick * RATE) : round(tick * RATE) + 24] = 0.8
        return iter(np.array_split(sound, 7))


def jpeg() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(content, "JPEG")
    return content.getvalue()


def add(out: Any, stream: Any, content: bytes, start: float = 0.0, seconds: float = 0.0) -> None:
    packet: Any = av.Packet(content)
    packet.stream, packet.time_base, packet.is_keyframe = stream, MILLISECOND, True
    packet.pts = packet.dts = round(1000 * start)
    packet.duration = round(1000 * seconds)
    out.mux(packet)


def say(out: Any, words: Any, begin: float) -> None:
    for start, said in ((0.5, "Good day"), (1.5, "Good night")):
        content = said.encode()
        if words.codec_context.name == "mov_text":
            content = len(content).to_bytes(2, "big") + content
        add(out, words, content, begin + start, 1.0)


def film(
    path: Path,
    codec: str = "libx264",
    *,
    times: tuple[float, ...] = EVEN,
    shape: Fraction | None = None,
    turned: int = 0,
    text: str | None = None,
    extras: bool = False,
) -> Path:
    """Write a film whose pictures are out of order, where the encoder does that."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        context = stream.codec_context
        context.time_base = MILLISECOND if codec != "mpeg4" else Fraction(1, 25)
        context.color_trc = context.color_primaries = context.colorspace = 1
        if shape is not None:
            context.sample_aspect_ratio = shape
        if turned:
            stream.set_display_rotation(turned)
        words: Any = None
        if text is not None:
            words = out.add_stream(text)
            words.codec_context.time_base = MILLISECOND
            words.metadata["language"] = "deu"
            words.codec_context.subtitle_header = b"[Script Info]\n\n[Events]\nFormat: Text\n"
        cover: Any = None
        if extras:
            out.metadata.update({"title": "Holiday", "artist": "Somebody", "comment": "by the sea"})
            marks: list[Any] = [
                {"id": 1, "start": 0, "end": 900, "time_base": MILLISECOND, "metadata": {"title": "One"}},
                {"id": 2, "start": 900, "end": 2000, "time_base": MILLISECOND, "metadata": {"title": "Two"}},
            ]
            out.set_chapters(marks)
            if path.suffix == ".mkv":
                out.add_attachment("cover.jpg", "image/jpeg", jpeg())
                out.add_attachment("letters.ttf", "font/ttf", b"letters")
            else:
                cover = out.add_mux_stream("mjpeg", width=16, height=16)
                cover.disposition = Disposition.attached_pic
        out.start_encoding()
        if cover is not None:
            add(out, cover, jpeg())
        if words is not None:
            say(out, words, times[0])
        noise = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(np.roll(noise, number, axis=1), format="rgb24")
            frame.time_base, frame.pts = context.time_base, round(time / context.time_base)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def moving(container: Any) -> Any:
    return next(each for each in container.streams.video if not each.disposition & Disposition.attached_pic)


def digest(path: Path) -> str:
    with av.open(str(path)) as container:
        packets = container.demux(moving(container))
        return hashlib.sha256(b"".join(bytes(packet) for packet in packets if packet.size)).hexdigest()


def shown(path: Path) -> list[float]:
    with VideoFile(path) as video:
        return [frame.time for frame in video.frames()]


def heard(path: Path) -> tuple[list[float], float]:
    """When there are ticks after the first picture, and when the sound ends."""
    with av.open(str(path)) as container:
        picture: Any = next(container.decode(moving(container)))
    parts, first, end = [], None, 0.0
    with av.open(str(path)) as container:
        mono = av.AudioResampler("fltp", "mono", RATE)
        for frame in container.decode(container.streams.audio[0]):
            first = float(frame.time or 0.0) if first is None else first
            end = float(frame.time or 0.0) + frame.samples / RATE - picture.time
            parts += [each.to_ndarray()[0] for each in mono.resample(frame)]
    sound = np.abs(np.concatenate(parts))
    loud = np.flatnonzero(sound > sound.max() / 2) / RATE + (first or 0.0) - picture.time
    return [float(loud[0]), *loud[1:][np.diff(loud) > 0.1].tolist()], end


def scored(source: Path, output: Path, layout: str = "stereo") -> tuple[str, ...]:
    seen = survey_of(source)
    return write_film(source, seen, Ticks(round(seen.duration * RATE), layout), output)


@pytest.mark.parametrize("ending", [f".{name}" for name in FILM])
@pytest.mark.parametrize("source", ["film.mp4", "film.mkv", "late.ts", "film.webm"])
def test_pictures_and_sound_are_in_time(tmp_path: Path, source: str, ending: str) -> None:
    codec = "libvpx-vp9" if source.endswith("webm") else "libx264"
    times = tuple(time + 1.0 for time in EVEN) if source.startswith("late") else EVEN
    path = film(tmp_path / source, codec, times=times)
    notes = scored(path, tmp_path / f"out{ending}")
    assert shown(tmp_path / f"out{ending}") == pytest.approx(EVEN, abs=0.001)
    ticks, end = heard(tmp_path / f"out{ending}")
    assert ticks == pytest.approx(TICKS, abs=0.001)
    assert 2.0 - 0.001 <= end < 2.0 + 1024 / RATE  # a frame of AAC is not cut by libav's decoder
    holds = {"libx264": {".mp4", ".mov", ".mkv"}, "libvpx-vp9": {".mp4", ".mkv", ".webm"}}[codec]
    assert bool(notes) == (ending not in holds)
    if not notes and not source.endswith("ts"):  # which has start codes where others have lengths
        assert digest(tmp_path / f"out{ending}") == digest(path)


def test_varying_rate(tmp_path: Path) -> None:
    times = tuple(np.cumsum([0.0, *([0.04, 0.1, 0.033] * 15)]).round(3).tolist())
    path = film(tmp_path / "film.mp4", times=times)
    for ending in (".mp4", ".mkv", ".webm"):
        scored(path, tmp_path / f"out{ending}")
        assert shown(tmp_path / f"out{ending}") == pytest.approx(times, abs=0.001)
        assert survey_of(tmp_path / f"out{ending}").duration == pytest.approx(survey_of(path).duration, abs=0.01)


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_surround_and_rotation(tmp_path: Path, ending: str) -> None:
    path = film(tmp_path / "film.mp4", turned=90)
    scored(path, tmp_path / f"out{ending}", "5.1")
    with av.open(str(tmp_path / f"out{ending}")) as container:
        assert container.streams.audio[0].layout.name == "5.1"
        frame: Any = next(container.decode(video=0))
        assert frame.rotation == 90


@pytest.mark.parametrize(("ending", "size"), [(".mp4", (64, 48)), (".mkv", (64, 48)), (".webm", (128, 48))])
def test_the_shape_of_pixels(tmp_path: Path, ending: str, size: tuple[int, int]) -> None:
    path = film(tmp_path / "film.avi", "mpeg4", shape=Fraction(2))
    scored(path, tmp_path / f"out{ending}")
    with av.open(str(tmp_path / f"out{ending}")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == size
        assert (stream.sample_aspect_ratio or 1) * stream.width / stream.height == pytest.approx(128 / 48)


KINDS = {".mp4": "mov_text", ".mov": "mov_text", ".mkv": "subrip", ".webm": "webvtt"}


@pytest.mark.parametrize("ending", KINDS)
@pytest.mark.parametrize(("source", "kind"), [("film.mkv", "subrip"), ("film.mp4", "mov_text"), ("late.mkv", "subrip")])
def test_subtitles(tmp_path: Path, source: str, kind: str, ending: str) -> None:
    times = tuple(time + 1.0 for time in EVEN) if source.startswith("late") else EVEN
    path = film(tmp_path / source, times=times, text=kind)
    scored(path, tmp_path / f"out{ending}")
    with av.open(str(tmp_path / f"out{ending}")) as container:
        stream: Any = container.streams.subtitles[0]
        assert stream.codec_context.codec.canonical_name == KINDS[ending]
        assert stream.language == ("ger" if ending == ".mov" else "deu")
        said = [packet for packet in container.demux(stream) if packet.size > 2]
        assert [float(packet.pts * packet.time_base) for packet in said] == [0.5, 1.5]
        assert [float(packet.duration * packet.time_base) for packet in said] == [1.0, 0.5]  # not beyond the film
        assert [b"Good day" in bytes(said[0]), b"Good night" in bytes(said[1])] == [True, True]


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("source", ["film.mp4", "film.mkv"])
def test_tags_chapters_cover_and_attached_files(tmp_path: Path, source: str, ending: str) -> None:
    path = film(tmp_path / source, extras=True)
    notes = scored(path, tmp_path / f"out{ending}")
    with av.open(str(tmp_path / f"out{ending}")) as container:
        told = {name.lower(): value for name, value in container.metadata.items()}
        assert (told["title"], told["artist"], told["comment"]) == ("Holiday", "Somebody", "by the sea")
        chapters = [
            (mark["metadata"]["title"], float(mark["end"] * mark["time_base"])) for mark in container.chapters()
        ]
        assert chapters == [("One", 0.9), ("Two", 2.0)]
        covers = [each for each in container.streams.video if each.disposition & Disposition.attached_pic]
        assert len(covers) == 1
        assert [bytes(packet) for packet in container.demux(covers) if packet.size] == [jpeg()]
        attached: list[Any] = [each for each in container.streams if each.type == "attachment"]
        assert [each.data for each in attached] == ([b"letters"] if source == "film.mkv" == f"film{ending}" else [])
    assert digest(tmp_path / f"out{ending}") == digest(path)
    lost = ("Left out, since .mp4 has no place for it: an attached file (letters.ttf).",)
    assert notes == (lost if (source, ending) == ("film.mkv", ".mp4") else ())


def test_what_webm_has_no_place_for_is_told(tmp_path: Path) -> None:
    notes = scored(film(tmp_path / "film.mkv", extras=True), tmp_path / "out.webm")
    assert notes[0] == "The pictures were encoded anew as VP9, since .webm can't hold h264."
    assert [note.rpartition(": ")[2] for note in notes[1:]] == [
        "chapters.", "a cover picture.", "an attached file (letters.ttf)."
    ]  # fmt: skip


@pytest.mark.parametrize("ending", [f".{name}" for name in FILM])
@pytest.mark.parametrize(("source", "kind", "said"), [("film.mp4", "bin_data", "GoPro MET"), ("film.ts", "klv", "klv")])
def test_other_streams_that_are_left_out_are_told(
    tmp_path: Path, source: str, kind: str, said: str, ending: str
) -> None:
    with av.open(str(tmp_path / source), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        measured = out.add_data_stream(kind)
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        add(out, measured, b"\x06\x0e+4" * 8)
    notes = scored(tmp_path / source, tmp_path / f"out{ending}")
    assert notes[-1] == f"Left out, since {ending} has no place for it: data ({said})."


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_timecode_is_that_of_the_pictures(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "film.mov"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25)  # as which timecode counts
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 50)
        stream.metadata["timecode"] = "01:00:00:12"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 50)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert scored(path, tmp_path / f"out{ending}") == ()
    with VideoFile(tmp_path / f"out{ending}") as video:
        assert (video.timecode, video.survey.rate) == ("01:00:00:24", pytest.approx(50))


def test_a_film_cut_within_a_group_of_pictures(tmp_path: Path) -> None:
    whole, cut = film(tmp_path / "whole.mp4", times=tuple(number / 25 for number in range(75))), tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.size and packet.pts is not None and packet.dts is not None:
                shift = round(1 / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                out.mux(packet)
    assert shown(cut) == pytest.approx(EVEN, abs=0.001)
    assert scored(cut, tmp_path / "out.mp4") == ()
    assert digest(tmp_path / "out.mp4") == digest(cut)
    (note,) = scored(cut, tmp_path / "out.mkv")
    assert "begins within a group of pictures" in note
    for ending in (".mp4", ".mkv"):
        assert shown(tmp_path / f"out{ending}") == pytest.approx(EVEN, abs=0.001)


def test_nothing_is_left_where_it_fails(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    with pytest.raises(UsageError, match="must end in"):
        scored(path, tmp_path / "out.txt")
    seen = survey_of(path)

    class Failing(Ticks):
        @property
        def blocks(self) -> Iterator[NDArray[np.float32]]:
            yield np.zeros((RATE, 2), dtype=np.float32)
            raise InputError("gone.", "song.mp3")

    before = b"\0\0\0\x18ftypisom, an older film"
    (tmp_path / "out.mp4").write_bytes(before)
    with pytest.raises(InputError, match="gone"):
        write_film(path, seen, Failing(2 * RATE), tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]
