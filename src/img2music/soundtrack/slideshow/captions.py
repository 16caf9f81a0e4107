"""Captions: text over the lower part of a picture."""

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from img2music.errors import InputError, printable
from img2music.fonts import covering
from img2music.options import Captions
from img2music.soundtrack.slideshow.photos import Photo

SIZE = 0.046  # height of the letters' em, as a share of the frame's shorter side
LINES = 2  # lines of a caption, at most; what does not fit ends in three points
WIDE = 0.86  # share of the frame's width that a line may take
BELOW = 0.055  # space below, as a share of the frame's height
SHADOW = 0.75  # how dark the picture gets around the letters, at most
ABSENT = "\U0010ffff"
"""A character that no font has (Unicode keeps it out of use), so that it is drawn as a font draws what it lacks."""


def caption_of(photo: Photo, captions: Captions) -> str:
    """Tell what is written on a photo; "" for nothing."""
    if photo.caption is not None:
        return printable(photo.caption)
    if captions is Captions.TITLE:
        return photo.title or ""
    return printable(photo.name).replace("_", " ") if captions is Captions.NAME else ""


class Overlay(NamedTuple):
    """A caption as light over a picture."""

    top: int  # its first row
    letters: NDArray[np.float32]
    cover: NDArray[Any]  # how much of the picture's light is lost, to the letters and their shadow


class CaptionFont:
    """Writes captions, each in the font that has most of its letters.

    Where matplotlib is there: DejaVu Sans, which it brings (Latin, Greek, Cyrillic, Arabic, Hebrew and more), or one
    that is installed; else what Pillow brings (Latin).
    """

    def __init__(self, frame: tuple[int, int], file: str | os.PathLike[str] | None = None) -> None:
        self._frame = frame
        self._size = max(8, round(SIZE * min(frame)))
        self._given = None if file is None else _opened(file, self._size)
        self.absent: set[str] = set()

    def overlay(self, text: str) -> Overlay | None:
        """Write a caption."""
        font = self._given or max(self._fonts(text), key=lambda each: len(_known(text, each)[0]))
        known, absent = _known(text, font)
        self.absent |= absent
        lines = self._lines(known.split(), font)
        if not lines:
            return None
        width, height = self._frame
        em = round(font.size)
        pitch, edge = round(1.25 * em), em  # room for the shadow above and below
        bottom = height - round(BELOW * height)
        top = (bottom - pitch * len(lines) - edge) // 2 * 2
        rows = (min(height, bottom + edge) - top) // 2 * 2
        written = Image.new("L", (width, rows))
        draw = ImageDraw.Draw(written)
        for number, line in enumerate(lines):
            draw.text((width / 2, edge + pitch * (number + 0.8)), line, fill=255, font=font, anchor="ms")
        # Wide and strong: white letters must be read on snow.
        around = written.filter(ImageFilter.GaussianBlur(em / 4)).point(lambda level: 3 * level)
        letters = _share(written)
        return Overlay(top, letters, 1.0 - (1.0 - letters) * (1.0 - SHADOW * _share(around)))

    def _fonts(self, text: str) -> list[ImageFont.FreeTypeFont]:
        fonts = [_opened(file, self._size) for file in covering(text)[0]]
        if not fonts:
            plain = ImageFont.load_default(self._size)
            assert isinstance(plain, ImageFont.FreeTypeFont), "Pillow without FreeType"
            fonts = [plain]
        return fonts

    def _lines(self, words: list[str], font: ImageFont.FreeTypeFont) -> list[str]:
        most = WIDE * self._frame[0]
        lines: list[str] = []
        for word in words:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and font.getlength(longer) <= most:
                lines[-1] = longer
            else:
                lines.append(word)
        cut = len(lines) > LINES
        lines = lines[:LINES]
        return [_shortened(line, most, font, cut=cut and number == LINES - 1) for number, line in enumerate(lines)]


def _shortened(line: str, most: float, font: ImageFont.FreeTypeFont, *, cut: bool) -> str:
    points = "..."
    if not cut and font.getlength(line) <= most:
        return line
    while line and font.getlength(line + points) > most:
        line = line[:-1]
    return line.rstrip() + points


def _known(text: str, font: ImageFont.FreeTypeFont) -> tuple[str, set[str]]:
    """A text without what a font lacks, and that."""
    nothing = _glyph(ABSENT, font)
    absent = {char for char in set(text) if not char.isspace() and _glyph(char, font) == nothing}
    return "".join(char for char in text if char not in absent), absent


def _glyph(char: str, font: ImageFont.FreeTypeFont) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(char)
    return mask.size, bytes(mask)


def _share(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _opened(file: str | os.PathLike[str], size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(os.fspath(file), size)
    except (OSError, ValueError) as error:
        raise InputError("can't be read as a font: give a TrueType or OpenType file.", os.fsdecode(file)) from error
