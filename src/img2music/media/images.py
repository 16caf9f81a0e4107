"""Image files -> upright RGB images, whatever their format, and one plain reason where that fails."""

import ctypes
import io
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFile, ImageOps

from img2music.errors import InputError, MissingExtraError, UsageError, reason_of, require_extra
from img2music.files import open_regular
from img2music.media.colours import to_srgb
from img2music.media.picture_source import PictureSource

MAX_PIXELS = 89_478_485
"""Most pixels that are decoded into memory: Pillow's own limit, 256 MiB of RGB."""

MAX_SOURCE_PIXELS = 1_000_000_000
"""Most pixels of a file that is decoded at reduced scale; beyond it, even that takes many seconds."""

BACKGROUND = (255, 255, 255)
"""What shows through transparent pixels: white, as on most pages and prints."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

DAMAGED_START = "the image is damaged or cut short"
DAMAGED = f"{DAMAGED_START}; get it anew, or save it again in a program that can open it."
TOO_LARGE = "pixels are more than can be read safely; make the image smaller."
HEADER_BYTES = 64

LARGEST_IN_MEMORY = 256 << 20
"""Bytes of a compressed file that are read into memory: as many as `MAX_PIXELS` of RGB have."""
TOO_MANY_BYTES = f"larger than {LARGEST_IN_MEMORY >> 20} MiB; make the image smaller."
WHOLE_IN_MEMORY = ("WEBP", "AVIF", "HEIC")
"""Formats whose decoders read all of a file."""

LEAST_ROWS = 0.5
"""Share of the rows of a damaged image that makes a picture."""
MOST_LACKING, FEW_BYTES = 0.02, 16
"""Share or number of bytes that may lack where they can't be told from others by the rows they make."""
END_OF_IMAGE = b"\xff\xd9"  # of JPEG (ITU-T T.81, B.1.1.3) and JPEG 2000
CODESTREAM = b"\xff\x4f\xff\x51"  # how JPEG 2000 begins that is in no boxes
TEXT = {b"tEXt", b"zTXt", b"iTXt"}
"""Chunks of a PNG file that Pillow refuses where they hold more than a MiB, as those of image generators do."""
COLOUR = {b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"pHYs", b"eXIf"}
"""Chunks that Pillow refuses where they are damaged."""
BLOCK = 256
"""Rows that are looked at at once: as arrays, a large image would fill the memory several times."""
STRIP = 1 << 16
"""Bytes after the end of a TIFF or JPEG file, for what is cut short."""
FILLS = (b"\0", b"\x80", b"\x92", b"\xff")
"""What stands for bytes that are not there: an entropy decoder refuses some, whichever they are."""
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
ORIENTATION = 0x0112  # Exif 2.3, section 4.6.4 A
SIDEWAYS = (5, 6, 7, 8)
"""Values of it for what lies on its side."""

# Pillow warns about metadata that it can't parse, where the pixels are what counts, and about large images,
# which are refused here. A filter for the time of one call would not be safe with threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")

# libtiff says on stderr what it finds in damaged files, which are reported here.
with suppress(OSError, AttributeError):
    for _handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        getattr(ctypes.CDLL(Image.core.__file__), _handler)(None)  # type: ignore[attr-defined]

REFUSALS = (InputError, MissingExtraError, MemoryError, Image.DecompressionBombError)
Opener = Callable[[IO[bytes], str], ImageFile.ImageFile]


def is_image(path: str | os.PathLike[str]) -> bool:
    """Tell by its first bytes whether a file is of an image format that `read_image` knows.

    Never blocks: only regular files are opened.
    """
    try:
        with open_regular(path, "an image") as file:
            return _format(file.read(HEADER_BYTES)) is not None
    except InputError:
        return False


def picture_name(source: PictureSource, otherwise: str = "picture") -> str:
    """The file that a picture is in, as ``os.fsdecode`` gives it; what else to call one that has none."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    name = getattr(source, "filename", None) or getattr(source, "name", None)  # of Pillow's images, of open files
    return os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) and name else otherwise


def held(source: PictureSource, name: str) -> PictureSource:
    """What can be read more than once: the bytes of an open file, read from where it stands; all else as it is."""
    if not hasattr(source, "read"):
        return source
    if isinstance(source, io.TextIOBase):
        raise InputError("is open as text; open it in mode 'rb'.", name)
    try:
        content: bytes = source.read(LARGEST_IN_MEMORY + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"can't be read ({reason_of(error, 'the file is closed')}).", name) from error
    if len(content) > LARGEST_IN_MEMORY:
        raise InputError(TOO_MANY_BYTES, name)
    return content


def read_image(source: PictureSource, least_side: int | None = None, *, name: str | None = None) -> Image.Image:
    """Read an image as people see it: upright, opaque, RGB, the first frame if it moves.

    The format of a file is told by content, not by the name's extension. Transparent pixels show `BACKGROUND`. Channels
    of 16 bits are scaled to 8; integers of 32 bits and floats, which have no set range, are scaled from
    [0, 255], [0, 65535] or [0, greatest value], whichever first holds them (floats from [0, 1] before all).
    Arrays are sRGB: uint8, or floats in [0, 1], of shape (height, width), or with 3 or 4 channels.
    """
    name = picture_name(source) if name is None else name
    source = held(source, name)
    if isinstance(source, str | os.PathLike):
        with open_regular(source, "an image") as file:
            return _read(file, least_side, name)
    if isinstance(source, bytes | bytearray | memoryview):
        return _read(io.BytesIO(source), least_side, name)
    image = source if isinstance(source, Image.Image) else _of_array(source, name)
    if not all(image.size):
        raise InputError("has no pixels.", name)
    with _explained(name):
        return _decode(image, None, name)


def _of_array(array: Any, name: str) -> Image.Image:
    if not isinstance(array, np.ndarray):
        raise UsageError(
            f"{name} is a {type(array).__name__}; give a path, bytes, an open file, an image of Pillow or an array."
        )
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,), (4,)) or not array.size:
        raise InputError(f"an array of shape {array.shape}; give (height, width), with 3 or 4 channels or none.", name)
    if np.issubdtype(array.dtype, np.floating):
        if not ((array >= 0) & (array <= 1)).all():
            raise InputError("an array of floats that are not all from 0 to 1; scale them, or give uint8.", name)
        array = (array * 255).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise InputError(f"an array of {array.dtype}; give uint8, or floats from 0 to 1.", name)
    return Image.fromarray(np.ascontiguousarray(array))


def _read(file: IO[bytes], least_side: int | None, name: str) -> Image.Image:
    with _explained(name):
        kind = _kind(file, name)
        try:
            with _source(kind, file, name) as source:
                return _decode(source, least_side, name)
        except REFUSALS:
            raise
        except Exception:  # decoders of damaged files raise anything
            for mended in _mended(kind, file, name):
                try:
                    with _source(kind, mended, name) as source:
                        return _decode(source, least_side, name, (kind, mended))
                except REFUSALS:
                    raise
                except Exception:  # noqa: BLE001, S112 - as above
                    continue
            raise


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[ImageFile.ImageFile]:
    """Open an image whose format is told by content, without decoding its pixels."""
    name = os.fsdecode(path)
    with open_regular(path, "an image") as file, _explained(name):
        kind = _kind(file, name)
        with _source(kind, file, name) as source:
            yield source


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Make an `InputError` of whatever a decoder raises."""
    try:
        yield
    except (InputError, UsageError, MissingExtraError):
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"its {TOO_LARGE}", name) from error
    except MemoryError as error:
        raise InputError("not enough memory to decode this image.", name) from error
    except Exception as error:
        raise InputError(DAMAGED, name) from error


def _kind(file: IO[bytes], name: str) -> str:
    header = file.read(HEADER_BYTES)
    if not header:
        raise InputError("the file is empty.", name)
    kind = _format(header)
    if kind is None:
        raise InputError("not an image of a known format.", name)
    if kind in WHOLE_IN_MEMORY and _size(file) > LARGEST_IN_MEMORY:
        raise InputError(TOO_MANY_BYTES, name)
    return kind


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
    with require_extra("Reading HEIC photos", "heic"):
        from pillow_heif import HeifImageFile
    return HeifImageFile  # type: ignore[no-any-return]


def _source(kind: str, file: IO[bytes], name: str) -> ImageFile.ImageFile:
    # Not through Image.open, whose limit counts the pixels of the file, not those that are decoded.
    opener = _opener(kind)
    file.seek(0)
    try:
        return opener(file, name)
    except ValueError:
        if kind != "PNG":
            raise
        return opener(io.BytesIO(_without(TEXT, _content(file, name))), name)


def _content(file: IO[bytes], name: str) -> bytes:
    if _size(file) > LARGEST_IN_MEMORY:
        raise InputError(DAMAGED, name)
    file.seek(0)
    return file.read()


def _size(file: IO[bytes]) -> int:
    return file.seek(0, os.SEEK_END)


def _mended(kind: str, file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """What can be made of a damaged file, so that its decoder gets to the end of what is there."""
    if kind in ("GIF", "BMP", "PPM"):  # their decoders get there
        yield file
        return
    content = _content(file, name)
    if kind == "PNG":
        yield io.BytesIO(_without(TEXT, content))
        yield io.BytesIO(_without(TEXT | COLOUR, content))
    elif kind == "JPEG":
        yield io.BytesIO(content + END_OF_IMAGE)
    elif kind == "TIFF":  # says at its beginning where its last strip ends
        yield io.BytesIO(content + bytes(STRIP))
    else:
        lacking = max(0, _stated_length(kind, content) - len(content))
        if lacking > max(FEW_BYTES, MOST_LACKING * len(content)):
            raise InputError(f"{DAMAGED_START}: {lacking:,} of its bytes are not there; get the whole file.", name)
        for fill in FILLS if lacking or kind == "JPEG2000" else ():
            rest = fill * lacking
            if kind == "JPEG2000":
                rest = (rest[:-2] + END_OF_IMAGE)[-lacking:]
            yield io.BytesIO(content + rest)


def _without(kinds: set[bytes], content: bytes) -> bytes:
    """A PNG file without chunks of some kinds."""
    kept = [content[:8]]
    at = 8
    while at < len(content):
        length = 12 + int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] not in kinds:
            kept.append(content[at : at + length])
        at += length
    return b"".join(kept)


def _stated_length(kind: str, content: bytes) -> int:
    """How many bytes a file says it has."""
    if kind == "WEBP":
        return 8 + int.from_bytes(content[4:8], "little")
    if content.startswith(CODESTREAM):
        return len(content)
    at = 0
    while at < len(content):  # boxes (ISO/IEC 14496-12, section 4.2)
        length = int.from_bytes(content[at : at + 4], "big")
        length = int.from_bytes(content[at + 8 : at + 16], "big") if length == 1 else length
        if length < 8:  # to the end
            return len(content)
        at += length
    return at


def _decode(
    source: Image.Image, least_side: int | None, name: str, damaged: tuple[str, IO[bytes]] | None = None
) -> Image.Image:
    """Decode the pixels; of a damaged file (its format, and what was made of it) those that are there."""
    original = source.size
    if least_side is not None and isinstance(source, ImageFile.ImageFile):
        source.draft(None, (least_side, least_side))
    # A progressive JPEG keeps the coefficients of all pixels in memory, at whatever scale it is decoded.
    held = original if source.info.get("progressive") else source.size
    if held[0] * held[1] > MAX_PIXELS or original[0] * original[1] > MAX_SOURCE_PIXELS:
        raise InputError(f"{original[0]} x {original[1]} {TOO_LARGE}", name)
    whole = damaged is None or damaged[0] == "PNG"
    try:
        source.load()
    except Exception:
        if damaged is None:
            raise
        source.tile = []  # type: ignore[attr-defined]  # what was decoded stays
        whole = False
    image = _rgb(source)
    if damaged is not None and not whole:
        top, bottom = _there(source, *damaged, name)
        if bottom - top < image.height:
            image = image.crop((0, top, image.width, bottom))
        original = (original[0], round(original[1] * (bottom - top) / source.height))
    orientation = _orientation(source)
    image.info = {}
    image.getexif()[ORIENTATION] = orientation
    ImageOps.exif_transpose(image, in_place=True)
    image.info = {"original_size": original[::-1] if orientation in SIDEWAYS else original}
    if not whole:
        image.info["note"] = "damaged or cut short; read as far as it goes."
    return image


def _there(source: Image.Image, kind: str, file: IO[bytes], name: str) -> tuple[int, int]:
    """The first row of a damaged image that was decoded, and the first after it that was not."""
    if kind == "JPEG" and _lacks_its_end_only(source, file):
        return 0, source.height
    # libjpeg fills with grey what is not there; others leave it as it was, GIF's decoder transparent.
    empty = source.info.get("transparency", 0) if kind == "GIF" else 0
    rows = []
    for top in range(0, source.height, BLOCK):
        pixels = np.asarray(source.crop((0, top, source.width, min(top + BLOCK, source.height))))
        blank = np.abs(pixels.astype(np.int16) - 128) <= 1 if kind == "JPEG" else pixels == empty
        rows.append(top + np.flatnonzero(~blank.reshape(len(pixels), -1).all(axis=1)))
    there = np.concatenate(rows)
    share = len(there) / source.height
    if share < LEAST_ROWS:
        raise InputError(f"{DAMAGED_START}: {share:.0%} of its rows are there; get the whole file.", name)
    return (int(there[0]), source.height) if kind == "BMP" else (0, int(there[-1]) + 1)


def _orientation(source: Image.Image) -> Any:
    try:
        return source.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001 - damaged metadata must not cost the picture
        return None


def _lacks_its_end_only(source: Image.Image, file: IO[bytes]) -> bool:
    """Whether a JPEG has all of its pixels: then bytes before its end mark change nothing."""
    file.seek(0)
    content = file.read().removesuffix(END_OF_IMAGE)
    with _opener("JPEG")(io.BytesIO(content + bytes(STRIP) + END_OF_IMAGE), "") as again:
        again.draft(None, source.size)
        again.load()
        return again.size == source.size and ImageChops.difference(again, source).getbbox() is None


def _rgb(source: Image.Image) -> Image.Image:
    image = source
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_to_8_bits(np.asarray(image), image.mode))
    elif image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        image = image.convert("LA" if image.mode in ("L", "La", "1") else "RGBA")
    elif image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if image.mode not in ("LA", "RGBA"):
        return to_srgb(image, source)
    opacity = image.getchannel("A")
    image = to_srgb(image.convert(image.mode[:-1]), source)
    image.paste(BACKGROUND, mask=ImageChops.invert(opacity))
    return image


def _to_8_bits(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Scale one channel of 16 or 32 bits to uint8."""
    if mode.startswith("I;16"):
        return np.asarray(values >> 8, dtype=np.uint8)
    blocks = range(0, len(values), BLOCK)

    def finite(start: int) -> NDArray[np.float32]:
        block = values[start : start + BLOCK].astype(np.float32)
        return np.nan_to_num(block, copy=False, posinf=0, neginf=0)

    greatest = max(float(finite(start).max()) for start in blocks)
    ranges = [1.0] if mode == "F" else []
    ranges += [255.0, 65535.0, greatest]
    top = next(limit for limit in ranges if greatest <= limit)
    scaled = [(finite(start).clip(0, top) * (255 / top)).round().astype(np.uint8) for start in blocks]
    return np.concatenate(scaled)
