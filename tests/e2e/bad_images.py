"""Image files that are damaged, mislabelled, enormous or odd, made on the spot."""

import io
import os
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from tests.e2e.bad_file import BadFile, collector

NOT_AN_IMAGE = r"not an image|neither"
DAMAGED = r"damaged|cut short"
TOO_LARGE = r"pixels are more than"
NOT_A_FILE = r"pipe, socket or device"

IMAGES: list[BadFile] = []


image = collector(IMAGES)


def photo(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A smooth coloured scene with some texture, so that encoders have something to do."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(1).integers(0, 24, (height, width))
    planes = [120 + 100 * np.sin(x / 40) + noise, 120 + 100 * np.cos(y / 30) + noise, 200 * y / height + noise]
    return Image.fromarray(np.stack(planes, -1).clip(0, 255).astype(np.uint8))


def encoded(format_: str, picture: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (picture or photo()).save(buffer, format_, **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, body: bytes, *, bits: int = 8, colour: int = 2, before: bytes = b"") -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


# What can't be read


@image("empty.jpg", says="empty")
def empty(path: Path) -> None:
    path.touch()


@image("missing.jpg", says="no such file|does not exist")
def missing(path: Path) -> None:
    pass


@image("one_byte.png", says=NOT_AN_IMAGE)
def one_byte(path: Path) -> None:
    path.write_bytes(b"\x89")


@image("head_only.jpg", says=DAMAGED + "|" + NOT_AN_IMAGE)
def head_only(path: Path) -> None:
    path.write_bytes(encoded("JPEG")[:24])


@image("cut_in_header.png", says=DAMAGED + "|" + NOT_AN_IMAGE)
def cut_in_header(path: Path) -> None:
    path.write_bytes(encoded("PNG")[:20])


@image("truncated.jpg", says=DAMAGED)
def truncated_jpeg(path: Path) -> None:
    whole = encoded("JPEG")
    path.write_bytes(whole[: len(whole) // 3])


@image("truncated.png", says=DAMAGED)
def truncated_png(path: Path) -> None:
    whole = encoded("PNG")
    path.write_bytes(whole[: len(whole) // 3])


@image("truncated.webp", says=DAMAGED + "|" + NOT_AN_IMAGE)
def truncated_webp(path: Path) -> None:
    whole = encoded("WEBP")
    path.write_bytes(whole[: len(whole) // 2])


@image("truncated.gif", says=DAMAGED)
def truncated_gif(path: Path) -> None:
    whole = encoded("GIF", photo().quantize(64))
    path.write_bytes(whole[: len(whole) // 2])


@image("truncated.tiff", says=DAMAGED + "|" + NOT_AN_IMAGE)
def truncated_tiff(path: Path) -> None:
    whole = encoded("TIFF", compression="tiff_lzw")
    path.write_bytes(whole[: len(whole) // 2])


@image("truncated.heic", says=DAMAGED + "|needs an extra")
def truncated_heic(path: Path) -> None:
    path.write_bytes(bytes.fromhex("00000018667479706865696300000000") + b"mif1heic" + bytes(200))


@image("truncated.avif", says=DAMAGED + "|" + NOT_AN_IMAGE)
def truncated_avif(path: Path) -> None:
    path.write_bytes(bytes.fromhex("00000018667479706176696600000000") + b"mif1avif" + bytes(200))


@image("truncated.jp2", says=DAMAGED)
def truncated_jp2(path: Path) -> None:
    whole = encoded("JPEG2000")
    path.write_bytes(whole[: len(whole) // 50])


@image("bit_rot.png", says=DAMAGED)
def bit_rot(path: Path) -> None:
    data = bytearray(encoded("PNG"))
    data[200:400] = bytes(200)
    path.write_bytes(data)


@image("text.jpg", says=NOT_AN_IMAGE)
def text(path: Path) -> None:
    path.write_text("dear diary, this is no photograph\n" * 50)


@image("web_page.jpg", says=NOT_AN_IMAGE)
def web_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>404 Not Found</body></html>")


@image("drawing.svg", says=NOT_AN_IMAGE)
def drawing(path: Path) -> None:
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')


@image("document.pdf", says=NOT_AN_IMAGE)
def document(path: Path) -> None:
    path.write_bytes(encoded("PDF"))


@image("postscript.png", says=NOT_AN_IMAGE)
def postscript(path: Path) -> None:
    """Pillow would start Ghostscript on this: a program inside a picture."""
    path.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n0 0 moveto showpage\n%%EOF\n"
    )


@image("random.png", says=NOT_AN_IMAGE)
def random_bytes(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(50_000))


@image("zeros.jpg", says=NOT_AN_IMAGE)
def zeros(path: Path) -> None:
    path.write_bytes(bytes(100_000))


@image("sound.jpg", says=NOT_AN_IMAGE)
def sound_named_jpg(path: Path) -> None:
    path.write_bytes(b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28))


@image("folder_link_loop.jpg", says="loop|link")
def link_loop(path: Path) -> None:
    path.symlink_to(path.name)


@image("broken_link.jpg", says="no such file|does not exist|link")
def broken_link(path: Path) -> None:
    path.symlink_to("nowhere.jpg")


@image("pipe.jpg", says=NOT_A_FILE)
def pipe(path: Path) -> None:
    os.mkfifo(path)


@image("socket.jpg", says=NOT_A_FILE)
def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # an address holds at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


@image("endless.png", says=NOT_A_FILE)
def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@image("null_device.png", says=NOT_A_FILE)
def null_device(path: Path) -> None:
    path.symlink_to("/dev/null")


@image("unreadable.jpg", says="not permitted|permission")
def unreadable(path: Path) -> None:
    path.write_bytes(encoded("JPEG"))
    path.chmod(0)


@image("n" * 300 + ".jpg", says="name too long|too long")
def long_name(path: Path) -> None:
    pass


@image("not_a_folder.txt/photo.jpg", says="no such file|does not exist|not a (folder|directory)")
def below_a_file(path: Path) -> None:
    path.parent.write_text("a file where a folder should be")


# More pixels than anyone means


@image("bomb_header.png", says=TOO_LARGE)
def bomb_header(path: Path) -> None:
    path.write_bytes(png(60_000, 60_000, zlib.compress(bytes(1000))))


@image("bomb_true.png", says=TOO_LARGE)
def bomb_true(path: Path) -> None:
    """400 million pixels, all there, in about 60 kB."""
    packer, row = zlib.compressobj(9), bytes(1 + 20_000 // 8)
    body = b"".join([packer.compress(row) for _ in range(20_000)]) + packer.flush()
    path.write_bytes(png(20_000, 20_000, body, bits=1, colour=0))


@image("bomb_int_overflow.png", says=TOO_LARGE + "|" + DAMAGED + "|" + NOT_AN_IMAGE)
def bomb_int_overflow(path: Path) -> None:
    path.write_bytes(png(2**31 - 1, 2**31 - 1, zlib.compress(bytes(1000))))


@image("bomb.gif", says=TOO_LARGE)
def bomb_gif(path: Path) -> None:
    data = bytearray(encoded("GIF", Image.new("P", (8, 8))))
    data[6:10] = struct.pack("<HH", 65_535, 65_535)
    path.write_bytes(data)


@image("bomb.webp", says=TOO_LARGE)
def bomb_webp(path: Path) -> None:
    """268 million black pixels, lossless, all there, in 34 bytes."""
    path.write_bytes(bytes.fromhex("524946461a000000574542505650384c0e0000002ffebfff0f071011fd0f4444ff03"))


@image("bomb.tiff", says=TOO_LARGE)
def bomb_tiff(path: Path) -> None:
    tags = [(256, 100_000), (257, 100_000), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 100_000), (279, 9)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4))


@image("bomb.bmp", says=TOO_LARGE)
def bomb_bmp(path: Path) -> None:
    head = struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0)
    path.write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head)


@image("bomb.ppm", says=TOO_LARGE)
def bomb_ppm(path: Path) -> None:
    path.write_bytes(b"P6 99999 99999 255\n" + bytes(300))


@image("bomb.jpg", says=TOO_LARGE)
def bomb_jpeg(path: Path) -> None:
    """A small photo that says it is 65,500 pixels on each side."""
    data = bytearray(encoded("JPEG"))
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = struct.pack(">HH", 65_500, 65_500)
    path.write_bytes(data)


@image("bomb_progressive.jpg", says=TOO_LARGE)
def bomb_progressive(path: Path) -> None:
    """100 million pixels in scans one upon the other, which are all kept until the last is read."""
    Image.new("L", (10_000, 10_000), 90).save(path, progressive=True)


@image("zero_wide.png", says=DAMAGED + "|" + NOT_AN_IMAGE + "|no pixels")
def zero_wide(path: Path) -> None:
    path.write_bytes(png(0, 10, zlib.compress(b"")))


@image("text_bomb.png", says=None)
def text_bomb(path: Path) -> None:
    """A comment of 200 MB, packed to 200 kB."""
    comment = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 1))
    row = b"\0" + b"\x80" * 30
    path.write_bytes(png(10, 10, zlib.compress(row * 10), before=comment))


# What looks bad and must be read all the same


@image("png_named.jpg", says=None)
def png_named_jpg(path: Path) -> None:
    path.write_bytes(encoded("PNG"))


@image("no_suffix", says=None)
def no_suffix(path: Path) -> None:
    path.write_bytes(encoded("JPEG"))


@image("UPPER.JPEG", says=None)
def upper(path: Path) -> None:
    path.write_bytes(encoded("JPEG"))


@image("one_pixel.png", says=None)
def one_pixel(path: Path) -> None:
    Image.new("RGB", (1, 1), "red").save(path)


@image("thread.png", says=None)
def thread(path: Path) -> None:
    Image.new("RGB", (1, 20_000), "blue").save(path)


@image("ribbon.jpg", says=None)
def ribbon(path: Path) -> None:
    Image.new("RGB", (30_000, 2), "green").save(path)


@image("broken_exif.jpg", says=None)
def broken_exif(path: Path) -> None:
    path.write_bytes(encoded("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(range(200))))


@image("odd_orientation.jpg", says=None)
def odd_orientation(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    photo().save(path, exif=exif)


@image("broken_icc.jpg", says=None)
def broken_icc(path: Path) -> None:
    path.write_bytes(encoded("JPEG", icc_profile=b"not a colour profile" * 9))


@image("other_icc.jpg", says=None)
def other_icc(path: Path) -> None:
    """A Lab profile on an RGB picture."""
    path.write_bytes(encoded("JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()))


@image("trailing_rubbish.jpg", says=None)
def trailing_rubbish(path: Path) -> None:
    path.write_bytes(encoded("JPEG") + bytes(5000))


@image("sixteen_bit.png", says=None)
def sixteen_bit(path: Path) -> None:
    Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257).save(path)


@image("float.tiff", says=None)
def floats(path: Path) -> None:
    values = np.asarray(photo().convert("L"), np.float32)
    values[0, :4] = [np.nan, np.inf, -np.inf, -1e30]
    Image.fromarray(values).save(path)


@image("cmyk.jpg", says=None)
def cmyk(path: Path) -> None:
    photo().convert("CMYK").save(path)


@image("palette_alpha.png", says=None)
def palette_alpha(path: Path) -> None:
    photo().quantize(16).save(path, transparency=bytes([0] * 8 + [255] * 8))


@image("all_transparent.png", says=None)
def all_transparent(path: Path) -> None:
    Image.new("RGBA", (50, 50), (9, 9, 9, 0)).save(path)


@image("grey_alpha.png", says=None)
def grey_alpha(path: Path) -> None:
    photo().convert("LA").save(path)


@image("one_bit.png", says=None)
def one_bit(path: Path) -> None:
    photo().convert("1").save(path)


@image("animated.gif", says=None)
def animated(path: Path) -> None:
    frames = [photo((64, 64)).rotate(turn) for turn in range(0, 90, 10)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@image("animated.webp", says=None)
def animated_webp(path: Path) -> None:
    frames = [photo((64, 64)).rotate(turn) for turn in range(0, 90, 10)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@image("black.png", says=None)
def black(path: Path) -> None:
    Image.new("L", (400, 300)).save(path)


@image("read_only.jpg", says=None)
def read_only(path: Path) -> None:
    photo().save(path)
    path.chmod(0o400)


@image("large.jpg", says=None)
def large(path: Path) -> None:
    """100 million pixels: a medium-format camera makes such."""
    Image.new("RGB", (12_000, 8_400), "teal").save(path)
