"""Films of many kinds, and files that are none."""

import os
import re
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.mp4 import MP4, MP4Cover
from PIL import Image

from img2music.errors import InputError
from img2music.media.video import VideoFile
from tests.support.films import write_film
from tests.support.sounds import encode, tone

LEFT_RED = np.zeros((48, 64, 3), dtype=np.uint8)
LEFT_RED[:, :32, 0], LEFT_RED[:, 32:, 2] = 200, 200


def flat(times, size=(64, 48)):
    for number, time in enumerate(times):
        yield time, np.full((size[1], size[0], 3), 5 * number % 256, dtype=np.uint8)


@pytest.mark.parametrize("rate", [24.0, 25.0, 30000 / 1001, 60.0])
@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_every_picture_comes_once_at_its_time(tmp_path: Path, rate: float, kind: str) -> None:
    film = write_film(tmp_path / f"film.{kind}", flat([n / rate for n in range(50)]), rate=rate)
    with VideoFile(film) as video:
        frames = [(index, frame.time) for index, frame in enumerate(video.frames())]
        assert [number for number, _ in frames] == list(range(50))
        assert [time for _, time in frames] == pytest.approx([n / rate for n in range(50)], abs=2e-3)
        assert video.survey.duration == pytest.approx(50 / rate, abs=0.02)
        assert video.rate == pytest.approx(rate, rel=0.01)
        assert not video.has_sound


def test_a_varying_rate_is_told_by_the_time_stamps(tmp_path: Path) -> None:
    times = np.cumsum([0.0, *np.tile([0.02, 0.04, 0.1, 0.5], 5)]).tolist()
    film = write_film(tmp_path / "film.mp4", flat(times))
    with VideoFile(film) as video:
        assert [frame.time for frame in video.frames()] == pytest.approx(times, abs=1e-3)


@pytest.mark.parametrize(("turned", "red"), [(0, (24, 5)), (90, (60, 20)), (-90, (3, 20)), (180, (24, 60))], ids=str)
def test_pictures_are_upright(tmp_path: Path, turned: int, red: tuple[int, int]) -> None:
    film = write_film(tmp_path / "film.mp4", ((n / 25, LEFT_RED) for n in range(5)), turned=turned)
    width, height = (48, 64) if turned % 180 else (64, 48)
    with VideoFile(film) as video:
        frame = next(video.frames())
        picture = frame.pixels(width, height)
        assert frame.proportion == pytest.approx(width / height)
    assert picture.shape == (height, width, 3)
    assert picture[red][0] > 120 > picture[red][2]


def test_a_picture_is_found_by_its_time(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", flat([n / 25 for n in range(50)]))
    with VideoFile(film) as video:
        shades = {time: video.picture(time).pixels(8, 8).mean() for time in (1.2, 0.0, 1.9, 50.0)}
    assert shades == pytest.approx({1.2: 150, 0.0: 0, 1.9: 235, 50.0: 245}, abs=4)


def test_pictures_from_a_time_on_begin_at_the_key_picture_before(tmp_path: Path) -> None:
    times = [n / 25 for n in range(50)]
    film = write_film(tmp_path / "film.mkv", flat(times), options={"g": "10", "sc_threshold": "0"})
    for time, first in ((0.0, 0.0), (1.3, 1.2), (1.99, 1.6)):
        for ask in (VideoFile.pictures_from, VideoFile.since):
            with VideoFile(film) as video:
                assert next(ask(video, time)).time == pytest.approx(first, abs=0.001)
    with VideoFile(film) as video:  # where no place is, the first ones are all there is to see in it
        assert list(video.pictures_from(1e300)) == []
        assert [frame.time for frame in video.since(1e300)] == pytest.approx(times, abs=0.001)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(LEFT_RED, format="rgb24")))
        out.mux(stream.encode(None))
    with VideoFile(path) as video:
        assert next(video.frames()).proportion == pytest.approx(128 / 48)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "ffv1", "mjpeg", "libvpx-vp9"])
def test_other_encodings(tmp_path: Path, codec: str) -> None:
    film = tmp_path / "film.mkv"
    with av.open(str(film), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _, picture in flat([0, 1, 2, 3]):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    with VideoFile(film) as video:
        assert sum(1 for _ in video.frames()) == 4


def test_a_truncated_film_ends_early(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", ((n / 25, np.roll(LEFT_RED, n, axis=1)) for n in range(200)))
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    with VideoFile(film) as video:
        count = sum(1 for _ in video.frames())
    assert 20 < count < 180


def test_names_mean_nothing(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", flat([0.0, 0.1]))
    odd = tmp_path / os.fsdecode(b"concat:a|b %03d \xff.jpg")
    shutil.copy(film, odd)
    with VideoFile(odd) as video:
        assert sum(1 for _ in video.frames()) == 2


def photo(path: Path) -> None:
    Image.fromarray(LEFT_RED).save(path, format="JPEG")


def playlist(path: Path) -> None:
    segment = write_film(path.with_name("segment.ts"), flat([0.0, 0.1]), container="mpegts")
    path.write_text(f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.2,\n{segment}\n#EXT-X-ENDLIST\n")


def concatenation(path: Path) -> None:
    segment = write_film(path.with_name("part.mp4"), flat([0.0, 0.1]))
    path.write_text(f"ffconcat version 1.0\nfile '{segment}'\n")


def sound_with_cover(path: Path) -> None:
    cover = path.with_suffix(".jpg")
    photo(cover)
    encode(path, tone(440, 0.5), "m4a")
    tags = MP4(path)
    tags["covr"] = [MP4Cover(cover.read_bytes())]
    tags.save()


def cut_in_its_head(path: Path) -> None:
    whole = write_film(path.with_name("whole.mp4"), flat([n / 25 for n in range(50)]))
    path.write_bytes(whole.read_bytes()[:600])


def unknown_encoding(path: Path) -> None:
    film = write_film(path, flat([0.0, 0.1]), container="matroska")
    film.write_bytes(film.read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ"))


def no_pictures(path: Path) -> None:
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.start_encoding()


def far_in_time(path: Path) -> None:
    write_film(path, flat([0.0, 100_000.0]), container="matroska")


BAD = {
    "photo": (photo, "picture, not a film"),
    "playlist": (playlist, "libav can't read this as a film"),
    "concatenation": (concatenation, "libav can't read this as a film"),
    "sound": (lambda path: encode(path, tone(440, 0.5), "m4a"), "no moving pictures in this file, only sound"),
    "sound_with_cover": (sound_with_cover, "no moving pictures in this file, only sound"),
    "cut_in_its_head": (cut_in_its_head, "libav can't read this as a film"),
    "unknown_encoding": (unknown_encoding, "not known to libav"),
    "no_pictures": (no_pictures, "Not one picture|libav can't read"),
    "far_in_time": (far_in_time, "longer than a day"),
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "text": (lambda path: path.write_text("Dear film,\n" * 99), "libav can't read this as a film"),
    "noise": (lambda path: path.write_bytes(np.random.default_rng(1).bytes(9999)), "libav can't read this as a film"),
    "folder": (lambda path: path.mkdir(), "folder, not a film"),
    "pipe": (os.mkfifo, "not a regular file"),
    "none": (lambda path: None, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_film_is_one_clear_line(tmp_path: Path, name: str) -> None:
    make, said = BAD[name]
    path = tmp_path / "film.mp4"
    make(path)
    with pytest.raises(InputError) as error, VideoFile(path) as video:
        list(video.frames())
    assert re.search(said, str(error.value))
    assert "\n" not in str(error.value)
