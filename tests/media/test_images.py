"""Files of every kind, made on the spot by Pillow."""

import io
import os
import socket
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.media.images import BACKGROUND, MAX_PIXELS, is_image, read_image
from img2music.media.photo_info import read_photo_info


def quarters(width: int = 80, height: int = 40) -> Image.Image:
    """Four flat colours, so that a lossy format keeps them and a turn shows."""
    image = Image.new("RGB", (width, height))
    image.paste((200, 30, 30), (0, 0, width // 2, height // 2))
    image.paste((30, 200, 30), (width // 2, 0, width, height // 2))
    image.paste((30, 30, 200), (0, height // 2, width // 2, height))
    image.paste((200, 200, 30), (width // 2, height // 2, width, height))
    return image


def assert_alike(found: Image.Image, wanted: Image.Image, tolerance: int = 12) -> None:
    """Compare the middles of the four quarters."""
    assert found.mode == "RGB"
    assert found.size == wanted.size
    for x in (found.width // 4, 3 * found.width // 4):
        for y in (found.height // 4, 3 * found.height // 4):
            difference = np.subtract(found.getpixel((x, y)), wanted.getpixel((x, y)), dtype=int)
            assert np.abs(difference).max() <= tolerance, (x, y, found.getpixel((x, y)), wanted.getpixel((x, y)))


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {"quality": 95}),
        ("jpg", {"quality": 95, "progressive": True}),
        ("png", {}),
        ("webp", {"lossless": True}),
        ("gif", {}),
        ("bmp", {}),
        ("tiff", {}),
        ("tiff", {"compression": "tiff_lzw"}),
        ("tiff", {"compression": "jpeg"}),
        ("jp2", {}),
        ("ppm", {}),
        ("avif", {"quality": 95}),
    ],
)
def test_formats(tmp_path: Path, suffix: str, options: dict[str, object]) -> None:
    file = tmp_path / f"image.{suffix}"
    quarters().save(file, **options)
    assert is_image(file)
    found = read_image(file)
    assert_alike(found, quarters())
    assert found.info == {"original_size": (80, 40)}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "avif"])
def test_orientation_of_exif_is_undone(tmp_path: Path, orientation: int, suffix: str) -> None:
    # What the camera stored, from the upright image: the inverse of what a viewer must do.
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = quarters() if orientation == 1 else quarters().transpose(inverse[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = tmp_path / f"turned.{suffix}"
    stored.save(file, exif=exif, quality=95)
    found = read_image(file)
    assert_alike(found, quarters())
    assert found.info["original_size"] == (80, 40)


def test_damaged_exif_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    quarters().save(file, quality=95, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f\x01")
    assert_alike(read_image(file), quarters())


def test_heic(tmp_path: Path) -> None:
    file = tmp_path / "photo.heic"
    pillow_heif.from_pillow(quarters(160, 80)).save(file, quality=95)
    assert is_image(file)
    assert_alike(read_image(file), quarters(160, 80))


def test_heic_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "photo.heic"
    pillow_heif.from_pillow(quarters(160, 80)).save(file)
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"HEIC.*img2music\[heic\]"):
        read_image(file)


def test_cmyk(tmp_path: Path) -> None:
    file = tmp_path / "print.jpg"
    quarters().convert("CMYK").save(file, quality=95)
    assert_alike(read_image(file), quarters())


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "I", "I;16", "F"])
def test_every_mode_keeps_its_brightness(tmp_path: Path, mode: str) -> None:
    grey = np.repeat(np.repeat(np.array([[0, 255], [255, 0]], np.uint8), 20, 0), 20, 1)
    scale = {"I;16": 257, "I": 257, "F": 1 / 255}.get(mode)
    if scale is None:
        image = Image.fromarray(grey).convert(mode)
    else:
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray((grey.astype(float) * scale).astype(kind))
        assert image.mode == mode
    file = tmp_path / ("image.tiff" if mode in {"I", "F", "I;16"} else "image.png")
    image.save(file)
    assert np.array_equal(np.asarray(read_image(file)), np.repeat(grey[..., None], 3, 2))


@given(st.integers(0, 65535))
def test_16_bits_are_scaled_not_clipped(tmp_path_factory: pytest.TempPathFactory, value: int) -> None:
    file = tmp_path_factory.getbasetemp() / "deep.png"
    Image.fromarray(np.full((4, 4), value, np.uint16)).save(file)
    assert abs(read_image(file).getpixel((1, 1))[0] - value / 257) <= 1


def test_float_image_with_nan(tmp_path: Path) -> None:
    file = tmp_path / "float.tiff"
    Image.fromarray(np.array([[np.nan, 1000.0], [np.inf, 500.0]], np.float32)).save(file)
    assert np.asarray(read_image(file))[:, :, 0].tolist() == [[0, 4], [0, 2]]


def test_transparency_shows_the_background(tmp_path: Path) -> None:
    cut_out = quarters().convert("RGBA")
    cut_out.putalpha(Image.new("L", cut_out.size, 0))
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    palette = quarters().quantize(8)
    for name, image, wanted in (
        ("whole.png", cut_out, BACKGROUND),
        ("whole.webp", cut_out, BACKGROUND),
        ("half.png", half, (127, 127, 127)),
    ):
        image.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
        assert read_image(tmp_path / name).getpixel((1, 1)) == wanted
    palette.save(tmp_path / "palette.gif", transparency=palette.getpixel((1, 1)))
    found = read_image(tmp_path / "palette.gif")
    assert found.getpixel((1, 1)) == BACKGROUND
    assert found.getpixel((79, 39)) != BACKGROUND


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff", "avif"])
def test_first_frame_of_a_moving_image(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"moving.{suffix}"
    later = [Image.new("RGB", (80, 40), colour) for colour in ("white", "black")]
    quarters().save(file, save_all=True, append_images=later)
    assert_alike(read_image(file), quarters(), tolerance=30)


def test_large_jpeg_is_decoded_at_reduced_scale(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    quarters(1600, 1200).save(file)
    found = read_image(file, least_side=150)
    assert_alike(found, quarters(200, 150))
    assert found.info["original_size"] == (1600, 1200)
    assert read_image(file, least_side=151).size == (400, 300)
    assert read_image(file).size == (1600, 1200)


def test_name_does_not_matter(tmp_path: Path) -> None:
    for name in ("png.jpg", "none", "music.mp3", os.fsdecode(b"\xff\n\xed\x95\x9c.jpg")):
        quarters().save(tmp_path / name, format="PNG")
        assert is_image(tmp_path / name)
        assert_alike(read_image(tmp_path / name), quarters())


def png_of_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(9460, 9460), (13000, 13000), (60000, 60000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MAX_PIXELS
    file = tmp_path / "bomb.png"
    file.write_bytes(png_of_size(*size))
    with warnings.catch_warnings(record=True) as warned, pytest.raises(InputError, match="pixels are more than"):
        read_image(file)
    assert warned == []


def test_large_baseline_jpeg_is_no_bomb_when_reduced(tmp_path: Path) -> None:
    for progressive in (False, True):
        file = tmp_path / f"{progressive}.jpg"
        Image.new("L", (10000, 9000), 77).save(file, progressive=progressive)
        with pytest.raises(InputError, match="10000 x 9000 pixels"):
            read_image(file)
    assert read_image(tmp_path / "False.jpg", least_side=100).getpixel((3, 3)) == (77, 77, 77)
    with pytest.raises(InputError, match="pixels are more than"):
        read_image(tmp_path / "True.jpg", least_side=100)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "bmp", "tiff", "jp2", "avif", "heic"])
@pytest.mark.parametrize("share", [0.02, 0.3])
def test_cut_short(tmp_path: Path, suffix: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8))
    file = tmp_path / f"photo.{suffix}"
    if suffix == "heic":
        pillow_heif.from_pillow(noise).save(file)
    else:
        noise.save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match="damaged or cut short") as caught:
        read_image(file)
    assert caught.value.path == str(file)


@pytest.mark.parametrize(
    "kind", ["jpg", "progressive", "png", "gif", "webp", "bmp", "tiff", "ppm", "jp2", "avif", "heic"]
)
@pytest.mark.parametrize("lost", [2, 20])
def test_cut_near_the_end(tmp_path: Path, kind: str, lost: int) -> None:
    file = tmp_path / f"photo.{'jpg' if kind == 'progressive' else kind}"
    wanted = Image.fromarray(np.random.default_rng(0).integers(100, 156, (200, 300, 3), dtype=np.uint8))
    wanted.paste((200, 30, 30), (0, 0, 150, 100))
    if kind == "heic":
        pillow_heif.from_pillow(wanted).save(file)
    else:
        wanted.save(
            file, "JPEG" if kind == "progressive" else None, **{"progressive": True} if kind == "progressive" else {}
        )
    whole = read_image(file)
    file.write_bytes(file.read_bytes()[:-lost])
    found = read_image(file)
    if kind == "png":  # nothing but its end mark, or that and 8 bytes of the last pixels
        assert lost == 20 or "note" not in found.info
    elif kind != "gif" or lost == 20:
        assert found.info["note"].startswith("damaged or cut short")
    assert found.info["original_size"] == found.size
    assert found.width == 300
    assert found.height >= 192
    top = 200 - found.height if kind == "bmp" else 0
    difference = np.subtract(found, whole.crop((0, top, 300, top + found.height)), dtype=float)
    assert np.abs(difference).mean() < 2


@pytest.mark.parametrize("kind", ["jpg", "webp", "jp2"])
def test_a_small_flat_picture_without_its_last_bytes(tmp_path: Path, kind: str) -> None:
    """Grey is what libjpeg shows where there is nothing."""
    file = tmp_path / f"grey.{kind}"
    Image.new("RGB", (64, 48), (128, 128, 128)).save(file)
    file.write_bytes(file.read_bytes()[:-2])
    found = read_image(file)
    assert found.size == (64, 48)
    assert np.abs(np.asarray(found).astype(int) - 128).max() <= 2
    assert "note" in found.info


def test_what_is_there_of_a_photo_is_turned_upright_without_what_is_not(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = tmp_path / "photo.jpg"
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (800, 600, 3), dtype=np.uint8))
    noise.save(file, exif=exif)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 4])
    found = read_image(file, least_side=100)
    assert found.height == 150  # decoded at a quarter
    assert found.info["original_size"] == (pytest.approx(600, abs=16), 600)
    assert found.width == pytest.approx(150, abs=4)
    assert np.abs(np.asarray(found)[:, :4].astype(int) - 128).max() > 1  # no grey where rows are lacking


def png_with(image: Image.Image, *chunks: tuple[bytes, bytes], at_the_end: bool = False, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    content = buffer.getvalue()
    added = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    at = content.index(b"IEND") - 4 if at_the_end else 33
    return content[:at] + added + content[at:]


@pytest.mark.parametrize("at_the_end", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        (b"zTXt", b"parameters\0\0" + zlib.compress(bytes(3 << 20))),
        (b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(bytes(3 << 20))),
        (b"zTXt", b"bomb\0\0" + zlib.compress(bytes(100 << 20))),
    ],
    ids=["zTXt", "iTXt", "bomb"],
)
def test_any_amount_of_text_in_a_png_is_skipped(tmp_path: Path, text: tuple[bytes, bytes], at_the_end: bool) -> None:
    file = tmp_path / "generated.png"
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010E] = "A castle"
    turned = quarters().transpose(Image.Transpose.ROTATE_180)
    file.write_bytes(png_with(turned, text, at_the_end=at_the_end, exif=exif))
    tracemalloc.start()
    found = read_image(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20
    assert_alike(found, quarters())
    assert found.info == {"original_size": (80, 40)}
    if not at_the_end:
        assert read_photo_info(file).title == "A castle"


def test_a_large_file_is_not_read_into_memory(tmp_path: Path) -> None:
    for name, head in (("a.webp", b"RIFF\0\0\0\xb0WEBPVP8 "), ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif")):
        with (tmp_path / name).open("wb") as file:
            file.write(head)
            file.truncate(3 << 30)
        with pytest.raises(InputError, match="larger than 256 MiB"):
            read_image(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        b"\x00",
        b"<html></html>",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"%PDF-1.7",
        b"%!PS-Adobe",
        bytes(1000),
        b"ID3\x04\x00\x00\x00\x00\x00\x00",
        b"fLaC\x00\x00\x00\x22",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    ],
)
def test_not_an_image(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)
    assert not is_image(file)
    with pytest.raises(InputError, match="not an image"):
        read_image(file)


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty").touch()
    cases = {
        "": "folder",
        "missing.jpg": "no such file",
        "pipe": "pipe",
        "loop": "link that leads back",
        "broken": "no such file",
        "empty": "empty",
        "x" * 300: "too long",
        "nul\x00byte": "not a path",
        "empty/photo.jpg": "can't be read",
    }
    for name, reason in cases.items():
        path = f"{tmp_path}/{name}"
        assert not is_image(path)
        with pytest.raises(InputError, match=reason):
            read_image(path)
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket")
        with pytest.raises(InputError, match="socket"):
            read_image("socket")
    with pytest.raises(InputError, match="device"):
        read_image("/dev/zero")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    quarters().save(file)
    file.chmod(0)
    assert not is_image(file)
    with pytest.raises(InputError, match="no permission"):
        read_image(file)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\x00", b"P6 "]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, tail: bytes, head: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "anything"
    file.write_bytes(head + tail)
    try:
        mode, reason = read_image(file).mode, ""
    except InputError as error:
        mode, reason = "", error.reason
    assert mode == "RGB" or (reason.endswith(".") and "\n" not in reason)


def test_a_picture_need_not_be_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    quarters().save(file)
    content = file.read_bytes()
    wanted = read_image(file)
    pixels = np.asarray(quarters())
    with file.open("rb") as stream, Image.open(file) as lazy:
        for source in (str(file), content, stream, io.BytesIO(content), lazy, quarters(), pixels, pixels / 255.0):
            found = read_image(source)
            assert (found.tobytes(), found.info) == (wanted.tobytes(), wanted.info)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, dtype=np.uint8)])
    opaque[:20, :40, 3] = 0
    found = read_image(opaque)
    assert (found.getpixel((5, 5)), found.getpixel((79, 5))) == (BACKGROUND, (30, 200, 30))
    assert read_image(np.full((3, 2), 0.5, dtype=np.float32)).getpixel((0, 0)) == (128, 128, 128)


def test_an_image_of_pillow_is_turned_upright_and_left_as_it_is() -> None:
    given_ = quarters()
    given_.getexif()[0x0112] = 6  # a quarter to the right
    assert_alike(read_image(given_), quarters().transpose(Image.Transpose.ROTATE_270))
    assert given_.tobytes() == quarters().tobytes()
    with pytest.raises(InputError, match="pixels are more than can be read safely"):
        read_image(Image.new("1", (MAX_PIXELS // 1000 + 1, 1000)))


def test_bytes_have_the_limits_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    quarters().save(content, "WEBP")
    monkeypatch.setattr("img2music.media.images.LARGEST_IN_MEMORY", 100)
    for source in (content.getvalue(), io.BytesIO(content.getvalue())):
        with pytest.raises(InputError, match="larger than"):
            read_image(source)
    monkeypatch.undo()
    with pytest.raises(InputError, match="cut short"):
        read_image(content.getvalue()[:30])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (np.zeros((4, 4, 2), dtype=np.uint8), r"shape \(4, 4, 2\); give \(height, width\)"),
        (np.zeros(4, dtype=np.uint8), r"shape \(4,\)"),
        (np.zeros((0, 4, 3), dtype=np.uint8), r"shape \(0, 4, 3\)"),
        (np.full((4, 4, 3), 1.5), "not all from 0 to 1"),
        (np.full((4, 4), np.nan), "not all from 0 to 1"),
        (np.zeros((4, 4), dtype=np.int64), "array of int64; give uint8"),
        (np.zeros((4, 4), dtype=bool), "array of bool"),
        (Image.new("RGB", (0, 3)), "no pixels"),
        (b"", "the file is empty"),
        (b"nothing that is an image", "not an image"),
        (io.StringIO("text"), "mode 'rb'"),
    ],
)
def test_what_is_no_picture(source: object, reason: str) -> None:
    with pytest.raises(InputError, match=rf"picture 3: .*{reason}"):
        read_image(source, name="picture 3")
    with pytest.raises(UsageError, match="picture is a int; give a path"):
        read_image(3)


def test_a_closed_file_is_told() -> None:
    stream = io.BytesIO(b"x")
    stream.close()
    with pytest.raises(InputError, match="the file is closed"):
        read_image(stream)
