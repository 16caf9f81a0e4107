"""Pictures of high dynamic range, made from ordinary ones by the exact forward transform."""

from pathlib import Path

import av
import numpy as np
import pytest

from img2music.media import tone
from img2music.media.video import VideoFile
from tests.support.films import write_film

NAMES = {tone.PQ: "smpte2084", tone.HLG: "arib-std-b67"}


def in_hdr(picture, transfer):
    """What BT.2408 makes of an SDR picture: R'G'B' codes of 16 bits, whose white is 203 cd/m2."""
    light = 203.0 * (picture / 255.0) ** 2.4 @ np.linalg.inv(tone.TO_BT709.astype(np.float64)).T
    light = light.clip(0.0)
    if transfer == tone.PQ:
        power = (light / 10_000.0) ** 0.1593017578125
        signal = ((0.8359375 + 18.8515625 * power) / (1.0 + 18.6875 * power)) ** 78.84375
    else:
        luminance = (light / 1000.0) @ [0.2627, 0.6780, 0.0593]
        scene = light / 1000.0 * np.maximum(luminance, 1e-9)[..., np.newaxis] ** (1.0 / 1.2 - 1.0)
        bright = 0.17883277 * np.log(np.maximum(12.0 * scene - 0.28466892, 1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3.0 * scene), bright)
    return (65_535 * signal).round().astype(np.uint16)


def colours():
    """Every mixture of four levels of R, G and B up to a grey of three quarters, in squares."""
    steps = np.array([20, 80, 130, 170])
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(8, 8, 3).repeat(16, 0).repeat(16, 1)


@pytest.mark.parametrize("transfer", NAMES)
def test_an_ordinary_picture_comes_back(transfer: int) -> None:
    picture = colours()
    back = tone.shown(in_hdr(picture, transfer), transfer)
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - picture).max() <= 2


@pytest.mark.parametrize("transfer", NAMES)
def test_greys_stay_in_order_up_to_white(transfer: int) -> None:
    greys = np.linspace(0, 65_535, 2000).round().astype(np.uint16)[:, np.newaxis].repeat(3, axis=1)
    back = tone.shown(greys, transfer).astype(int)
    assert (np.diff(back, axis=0) >= 0).all()
    assert np.ptp(back, axis=1).max() <= 1
    assert back[0].tolist() == [0, 0, 0]
    assert back[-1].tolist() == [255, 255, 255]
    white = tone.shown(in_hdr(np.full((1, 3), 255), transfer), transfer)
    assert 220 <= white.min() <= white.max() <= 240  # below highlights


def test_published_values() -> None:
    # BT.2408, table 1: reference white is 203 cd/m2, 58 % of PQ, 75 % of HLG.
    assert tone.pq_signal(np.array([100.0, 203.0, 1000.0])) == pytest.approx([0.508, 0.581, 0.752], abs=5e-4)
    assert tone.pq_luminance(tone.pq_signal(np.array([0.01, 50.0, 10_000.0]))) == pytest.approx([0.01, 50.0, 10_000.0])
    assert tone.hlg_light(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, 1 / 12, 1.0], abs=1e-6)
    assert 1000.0 * tone.hlg_light(np.array([0.75])) ** 1.2 == pytest.approx(203.0, abs=1.0)


@pytest.mark.parametrize("transfer", NAMES)
def test_a_film_of_high_dynamic_range(tmp_path: Path, transfer: int) -> None:
    picture = colours()
    path = tmp_path / "film.mp4"
    told = f"colorprim=bt2020:transfer={NAMES[transfer]}:colormatrix=bt2020nc:log-level=none"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p10le"
        stream.options = {"preset": "ultrafast", "crf": "8", "x265-params": told}
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, transfer, 9, 1
        frame = av.VideoFrame.from_ndarray(in_hdr(picture, transfer), format="rgb48le")
        out.mux(stream.encode(frame.reformat(format="yuv420p10le", dst_colorspace="BT2020", dst_color_range="MPEG")))
        out.mux(stream.encode(None))
    with VideoFile(path) as video:
        frame = next(video.frames())
        read = frame.pixels(128, 128).astype(int)
        as_if_ordinary = frame.frame.reformat(format="rgb24").to_ndarray().astype(int)
    assert np.abs(read - picture).mean() < 6
    assert np.abs(as_if_ordinary - picture).mean() > 12


def test_an_ordinary_film_is_left_alone(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", iter([(0.0, colours().astype(np.uint8))]))
    with VideoFile(film) as video:
        frame = next(video.frames())
        plain = frame.frame.reformat(64, 64, format="rgb24", interpolation="BICUBIC").to_ndarray()
        assert np.array_equal(frame.pixels(64, 64), plain)
