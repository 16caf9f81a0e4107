"""Image files -> upright RGB images, whatever their format, and one plain reason where that fails."""

import errno
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from img2music.errors import InputError, MissingExtraError

MAX_PIXELS = 89_478_485
"""Most pixels that are decoded into memory: Pillow's own limit, 256 MiB of RGB."""

MAX_SOURCE_PIXELS = 1_000_000_000
"""Most pixels of a file that is decoded at reduced scale; beyond it, even that takes many seconds."""

BACKGROUND = (255, 255, 255)
"""What shows through transparent pixels: white, as on most pages and prints."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

TOO_LARGE = "pixels are more than can be read safely; make the image smaller."
HEADER_BYTES = 64
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
ORIENTATION = 0x0112  # Exif 2.3, section 4.6.4 A
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow warns about metadata that it can't parse, where the pixels are what counts, and about large images,
# which are refused here. A filter for the time of one call would not be safe with threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")

Opener = Callable[[IO[bytes], str], ImageFile.ImageFile]


def is_image(path: str | os.PathLike[str]) -> bool:
    """Tell by its first bytes whether a file is of an image format that `read_image` knows.

    Never blocks: only regular files are opened.

    Parameters
    ----------
    path : str or PathLike
        Any path.

    Returns
    -------
    bool
        False also where there is no regular file that can be read.
    """
    try:
        with _open_regular(path) as file:
            return _format(file.read(HEADER_BYTES)) is not None
    except InputError:
        return False


def read_image(path: str | os.PathLike[str], least_side: int | None = None) -> Image.Image:
    """Read an image as people see it: upright, opaque, RGB, the first frame if it moves.

    The format is told by content, not by the name's extension. Transparent pixels show `BACKGROUND`. Channels
    of 16 bits are scaled to 8; integers of 32 bits and floats, which have no set range, are scaled from
    [0, 255], [0, 65535] or [0, greatest value], whichever first holds them (floats from [0, 1] before all).

    Parameters
    ----------
    path : str or PathLike
        The file.
    least_side : int, optional
        A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size (scaled in its cosine transform, many times faster),
        as long as no side becomes shorter than this.

    Returns
    -------
    PIL.Image.Image
        Mode RGB. ``info`` holds only ``"original_size"``: width and height of the upright original in pixels, and,
        where the file has one for RGB values, ``"icc_profile"``: the profile of their colours, in bytes.

    Raises
    ------
    InputError
        If there is no such file, it is not an image, it is damaged, or it has more than `MAX_PIXELS` pixels.
    MissingExtraError
        If it is a HEIC image and pillow-heif is not installed.
    """
    with opened(path) as source:
        return _decode(source, least_side, os.fsdecode(path))


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[ImageFile.ImageFile]:
    """Open an image whose format is told by content, without decoding its pixels.

    Parameters
    ----------
    path : str or PathLike
        The file.

    Yields
    ------
    PIL.ImageFile.ImageFile
        As Pillow gives it. What it raises while it is used becomes an `InputError`.

    Raises
    ------
    InputError
        If there is no such file, it is not an image, or it is damaged.
    MissingExtraError
        If it is a HEIC image and pillow-heif is not installed.
    """
    name = os.fsdecode(path)
    with _open_regular(path) as file:
        header = file.read(HEADER_BYTES)
        if not header:
            raise InputError("the file is empty.", name)
        kind = _format(header)
        if kind is None:
            raise InputError("not an image of a known format.", name)
        opener = _opener(kind)
        file.seek(0)
        try:
            # Not through Image.open, whose limit counts the pixels of the file, not those that are decoded.
            with opener(file, name) as source:
                yield source
        except InputError:
            raise
        except Image.DecompressionBombError as error:
            raise InputError(f"its {TOO_LARGE}", name) from error
        except MemoryError as error:
            raise InputError("not enough memory to decode this image.", name) from error
        except Exception as error:  # decoders of damaged files raise anything
            raise InputError(f"the image is damaged or cut short ({_first_line(error)}).", name) from error


def _open_regular(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a regular file; a pipe, socket or device could block for ever."""
    name = os.fsdecode(path)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a PathLike need not be a Path
        if stat.S_ISDIR(mode):
            raise InputError("a folder, not an image.", name)
        if not stat.S_ISREG(mode):
            raise InputError("a pipe, socket or device, not an image file.", name)
        return open(path, "rb")  # noqa: PTH123 - as above
    except ValueError as error:
        raise InputError("not a path that a file can have.", name) from error
    except OSError as error:
        reasons = {
            errno.ENOENT: "no such file.",
            errno.EACCES: "no permission to read this file.",
            errno.ELOOP: "a link that leads back to itself.",
        }
        raise InputError(reasons.get(error.errno or 0, f"can't be read ({error.strerror})."), name) from error


def _format(header: bytes) -> str | None:
    """Name the image format of a file by its first bytes."""
    if header[4:8] == b"ftyp" and header[8:12] in HEIC_BRANDS and b"avif" not in header:
        return "HEIC"
    Image.init()
    for kind in FORMATS:
        accept = Image.OPEN[kind][1] if kind in Image.OPEN else None
        # A plugin that is not built in answers with a message, which is true as well: the format is known.
        if accept is not None and accept(header[:16]):
            return kind
    return None


def _opener(kind: str) -> Opener:
    if kind != "HEIC":
        opener: Opener = Image.OPEN[kind][0]
        return opener
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise MissingExtraError("Reading HEIC photos", "heic") from error
    return HeifImageFile  # type: ignore[no-any-return]


def _decode(source: ImageFile.ImageFile, least_side: int | None, name: str) -> Image.Image:
    original = source.size
    if least_side is not None:
        source.draft(None, (least_side, least_side))
    # A progressive JPEG keeps the coefficients of all pixels in memory, at whatever scale it is decoded.
    held = original if source.info.get("progressive") else source.size
    if held[0] * held[1] > MAX_PIXELS or original[0] * original[1] > MAX_SOURCE_PIXELS:
        raise InputError(f"{original[0]} x {original[1]} {TOO_LARGE}", name)
    source.load()
    image = _rgb(source)
    turn = UPRIGHT.get(_orientation(source))
    if turn is not None:
        image = image.transpose(turn)
        if turn in {UPRIGHT[turned] for turned in (5, 6, 7, 8)}:
            original = original[::-1]
    profile = source.info.get("icc_profile") if source.mode.startswith("RGB") else None
    image.info = {"original_size": original}
    if profile:
        image.info["icc_profile"] = profile
    return image


def _orientation(source: Image.Image) -> Any:
    try:
        return source.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001 - damaged metadata must not cost the picture
        return None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_to_8_bits(np.asarray(image), image.mode)).convert("RGB")
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        canvas = Image.new("RGB", layers.size, BACKGROUND)
        canvas.paste(layers, mask=layers.getchannel("A"))
        return canvas
    return image.convert("RGB")


def _to_8_bits(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Scale one channel of 16 or 32 bits to uint8."""
    if mode.startswith("I;16"):
        return np.asarray(values >> 8, dtype=np.uint8)
    finite = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    greatest = float(finite.max())
    ranges = [1.0] if mode == "F" else []
    ranges += [255.0, 65535.0, greatest]
    top = next(limit for limit in ranges if greatest <= limit)
    return np.asarray((finite.clip(0, top) * (255 / top)).round(), dtype=np.uint8)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
