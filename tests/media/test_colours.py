"""Pictures whose values mean other colours than sRGB's, made on the spot."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from img2music.media.images import read_image
from tests.media.test_images import png_with

STORED = (200, 100, 50)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """SRGB's profile with its red and green primaries swapped: what is stored as red is green."""
    profile = bytearray(SRGB)
    red, green = profile.index(b"rXYZ", 128), profile.index(b"gXYZ", 128)
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def grey(gamma: float) -> bytes:
    """A grey profile (ICC.1:2001-04): white, and a curve."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return icc(b"mntrGRAYXYZ ", {b"wtpt": white, b"kTRC": curve})


def cmyk(lab: tuple[int, int, int]) -> bytes:
    """A printer with a black ink, and three of one colour of CIELAB (L* as 0 to 255, a* and b* from 128)."""
    paper, black, colour = bytes([255, 128, 128]), bytes([0, 128, 128]), bytes(lab)
    inks = paper + black + (colour + black) * 7
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += bytes(range(256)) * 4 + inks + bytes(range(256)) * 3
    return icc(b"prtrCMYKLab ", {b"A2B0": table})


def icc(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    entries, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        entries += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content
    head = struct.pack(">I4xI", 128 + len(entries) + len(body), 0x02100000) + kind + bytes(12) + b"acsp"
    return head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061).ljust(60, b"\0") + entries + body


def flat(mode: str = "RGB", value: object = STORED) -> Image.Image:
    return Image.new(mode, (16, 16), value)


def pixel(path: Path) -> tuple[int, ...]:
    return read_image(path).getpixel((8, 8))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "webp", "avif"])
def test_a_profile_tells_colours(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"photo.{suffix}"
    options = {"webp": {"lossless": True}}.get(suffix, {"quality": 100})
    flat().save(file, icc_profile=swapped(), **options)
    assert pixel(file) == pytest.approx((100, 200, 50), abs=4)
    flat().save(file, icc_profile=SRGB, **options)
    assert pixel(file) == pytest.approx(STORED, abs=3)


def test_transparent_and_palette_pictures_have_profiles_too(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    flat("RGBA", (*STORED, 128)).save(file, icc_profile=swapped())
    assert pixel(file) == pytest.approx((177, 227, 152), abs=2)  # half of white
    flat().quantize(4).save(file, icc_profile=swapped())
    assert pixel(file) == pytest.approx((100, 200, 50), abs=2)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_grey_profile(tmp_path: Path, mode: str) -> None:
    value: object = {"L": 55, "LA": (55, 255), "I;16": 55 * 257}[mode]
    flat(mode, value).save(tmp_path / "photo.png", icc_profile=grey(1.0))
    assert pixel(tmp_path / "photo.png") == (128, 128, 128)  # sRGB's value of a light of 55 / 255 is 0.50


def test_a_printers_profile(tmp_path: Path) -> None:
    flat("CMYK", (0, 255, 0, 0)).save(tmp_path / "print.jpg", icc_profile=cmyk((136, 208, 195)), quality=100)
    red, green, blue = pixel(tmp_path / "print.jpg")
    assert red > 220
    assert max(green, blue) < 30  # CIELAB (53, 80, 67) is sRGB's red


@pytest.mark.parametrize(
    "profile", [b"no profile" * 20, SRGB[:200], grey(2.2), cmyk((1, 2, 3)), SRGB[:128] + b"\xff" * 500, b"\0"]
)
def test_a_profile_that_is_broken_or_of_another_kind_costs_nothing(tmp_path: Path, profile: bytes) -> None:
    flat().save(tmp_path / "photo.png", icc_profile=profile)
    assert pixel(tmp_path / "photo.png") == STORED


def test_gamma_of_a_png(tmp_path: Path) -> None:
    file = tmp_path / "render.png"
    linear = (b"gAMA", struct.pack(">I", 100_000))
    srgb = np.array(STORED) / 255
    shown = tuple(np.rint(255 * np.where(srgb < 0.0031308, 12.92 * srgb, 1.055 * srgb ** (1 / 2.4) - 0.055)))
    file.write_bytes(png_with(flat(), linear))
    assert pixel(file) == pytest.approx(shown, abs=1)
    file.write_bytes(png_with(flat("L", 100), linear))
    assert pixel(file) == pytest.approx((168, 168, 168), abs=1)
    for chunks in ([(b"gAMA", struct.pack(">I", 45455))], [linear, (b"sRGB", b"\0")], [(b"gAMA", bytes(4))]):
        file.write_bytes(png_with(flat(), *chunks))
        assert pixel(file) == STORED


def test_chromaticities_of_a_png(tmp_path: Path) -> None:
    xy = (0.3127, 0.3290, 0.30, 0.60, 0.64, 0.33, 0.15, 0.06)  # red and green swapped
    chunk = (b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in xy)))
    file = tmp_path / "swapped.png"
    file.write_bytes(png_with(flat(), chunk, (b"gAMA", struct.pack(">I", 45455))))
    assert pixel(file) == pytest.approx((100, 200, 50), abs=6)
    for odd in (bytes(32), bytes(8), b"\xff" * 32):
        file.write_bytes(png_with(flat(), (b"cHRM", odd)))
        assert pixel(file) == STORED


def test_adobe_rgb_that_only_exif_tells(tmp_path: Path) -> None:
    file = tmp_path / "_MG_0001.JPG"
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    flat().save(file, exif=exif, quality=100, subsampling=0)
    known = Image.open(io.BytesIO(file.read_bytes())).getexif()
    assert known.get_ifd(0xA005)[1] == "R03"
    # By Adobe RGB (1998), 4.3.4 and 4.3.5, and IEC 61966-2-1.
    light = (np.array(STORED) / 255) ** (563 / 256)
    xyz = light @ np.array([[0.57667, 0.29734, 0.02703], [0.18556, 0.62736, 0.07069], [0.18823, 0.07529, 0.99134]])
    rgb = xyz @ np.array([[3.2406, -0.9689, 0.0557], [-1.5372, 1.8758, -0.2040], [-0.4986, 0.0415, 1.0570]])
    wanted = 255 * np.where(rgb < 0.0031308, 12.92 * rgb, 1.055 * rgb.clip(0.0031308) ** (1 / 2.4) - 0.055)
    assert pixel(file) == pytest.approx(tuple(wanted), abs=3)
