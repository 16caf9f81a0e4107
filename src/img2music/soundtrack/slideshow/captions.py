"""Captions: text over the lower part of a picture."""

import os
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from img2music.errors import InputError, printable
from img2music.soundtrack.slideshow.photos import Photo

SIZE = 0.046
"""Height of the letters' em, as a share of the frame's shorter side."""

LINES = 2
"""Lines of a caption, at most; what does not fit ends in three points."""

WIDE = 0.86
"""Share of the frame's width that a line may take."""

BELOW = 0.055
"""Space below, as a share of the frame's height."""

SHADOW = 0.75
"""How dark the picture gets around the letters, at most."""

ABSENT = "\U0010ffff"
"""A character that no font has (Unicode keeps it out of use), so that it is drawn as a font draws what it lacks."""


class Captions(StrEnum):
    """What is written on photos."""

    NONE = "none"
    TITLE = "title"
    NAME = "name"


def caption_of(photo: Photo, captions: Captions) -> str:
    """Tell what is written on a photo; "" for nothing."""
    if captions is Captions.TITLE:
        return photo.title or ""
    return printable(photo.name).replace("_", " ") if captions is Captions.NAME else ""


class Overlay:
    """A caption as light over a picture.

    Attributes
    ----------
    top : int
        First row.
    cover : ndarray of float32, shape (rows, width)
        How much of the picture below is covered, in [0, 1], by letters and their shadow.
    letters : ndarray of float32, shape (rows, width)
        How much of that is letters, which are white.
    """

    def __init__(self, top: int, letters: NDArray[np.float32], shadow: NDArray[np.float32]) -> None:
        self.top = top
        self.letters = letters
        self.cover = 1.0 - (1.0 - letters) * (1.0 - SHADOW * shadow)


class CaptionFont:
    """Writes captions.

    DejaVu Sans where matplotlib is there, which brings it (Latin, Greek, Cyrillic, Arabic, Hebrew and more); else what
    Pillow brings (Latin).

    Parameters
    ----------
    frame : (int, int)
        Width and height of the film's picture.
    file : path-like, optional
        A font for other scripts.

    Attributes
    ----------
    absent : set of str
        Characters that were left out, since the font has none of them.

    Raises
    ------
    InputError
        If the file is no font.
    """

    def __init__(self, frame: tuple[int, int], file: str | os.PathLike[str] | None = None) -> None:
        self._frame = frame
        self._font = _font(max(8, round(SIZE * min(frame))), file)
        self._nothing = self._glyph(ABSENT)
        self.absent: set[str] = set()

    def overlay(self, text: str) -> Overlay | None:
        """Write a caption.

        Parameters
        ----------
        text : str

        Returns
        -------
        Overlay or None
            None where nothing is left to be written.
        """
        lines = self._lines(self._known(text).split())
        if not lines:
            return None
        width, height = self._frame
        em = round(self._font.size)
        pitch, edge = round(1.25 * em), em  # room for the shadow above and below
        bottom = height - round(BELOW * height)
        top = (bottom - pitch * len(lines) - edge) // 2 * 2
        rows = (min(height, bottom + edge) - top) // 2 * 2
        written = Image.new("L", (width, rows))
        draw = ImageDraw.Draw(written)
        for number, line in enumerate(lines):
            draw.text((width / 2, edge + pitch * (number + 0.8)), line, fill=255, font=self._font, anchor="ms")
        # Wide and strong: white letters must be read on snow.
        around = written.filter(ImageFilter.GaussianBlur(em / 4)).point(lambda level: 3 * level)
        return Overlay(top, _share(written), _share(around))

    def _known(self, text: str) -> str:
        """A text without what the font lacks."""
        kept = []
        for char in text:
            if not char.isspace() and self._glyph(char) == self._nothing:
                self.absent.add(char)
            else:
                kept.append(char)
        return "".join(kept)

    def _glyph(self, char: str) -> tuple[tuple[int, int], bytes]:
        mask = self._font.getmask(char)
        return mask.size, bytes(mask)

    def _lines(self, words: list[str]) -> list[str]:
        most = WIDE * self._frame[0]
        lines: list[str] = []
        for word in words:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._font.getlength(longer) <= most:
                lines[-1] = longer
            else:
                lines.append(word)
        cut = len(lines) > LINES
        lines = lines[:LINES]
        return [self._shortened(line, most, cut and number == LINES - 1) for number, line in enumerate(lines)]

    def _shortened(self, line: str, most: float, cut: bool) -> str:
        points = "..."
        if not cut and self._font.getlength(line) <= most:
            return line
        while line and self._font.getlength(line + points) > most:
            line = line[:-1]
        return line.rstrip() + points


def _share(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _font(size: int, file: str | os.PathLike[str] | None) -> ImageFont.FreeTypeFont:
    if file is not None:
        try:
            return ImageFont.truetype(os.fspath(file), size)
        except (OSError, ValueError) as error:
            raise InputError("can't be read as a font: give a TrueType or OpenType file.", os.fsdecode(file)) from error
    matplotlib = find_spec("matplotlib")
    for folder in (matplotlib and matplotlib.submodule_search_locations) or ():
        shipped = Path(folder) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if shipped.is_file():
            return ImageFont.truetype(str(shipped), size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow without FreeType"
    return font
