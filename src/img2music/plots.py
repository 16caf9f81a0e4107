"""What all plots share: their formats, fonts and colours. Needs the extra ``plot`` (matplotlib)."""

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from img2music.errors import MissingExtraError, printable
from img2music.files import FileKind, write_atomically
from img2music.fonts import covering, lacking_note
from img2music.formats import Format, Formats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# It warns of a font without a bold face, for each word, and that it looks for fonts, which takes seconds once.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

PHOTO_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9")
"""After Okabe & Ito (2008), Color Universal Design: told apart with any kind of colour blindness. Their orange
and yellow, too close to vermilion and too pale for lines on white, are one dark gold here."""

PLOT = FileKind("a plot by img2music", (".png", ".svg"), rb"(\x89PNG|<\?xml).*Matplotlib")
"""Matplotlib names itself in what it writes, so that a plot is told from a photo."""
FORMATS = Formats("a plot", Format("png", PLOT), Format("svg", PLOT))


def require_plotting(file: Path) -> None:
    """Refuse early what could not be drawn."""
    FORMATS.chosen(None, file)
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("Drawing a plot", "plot")


@contextmanager
def drawing(text: str, file: Path) -> Iterator[tuple[str, ...]]:
    """Set matplotlib up for a picture with some text, in fonts that have its letters."""
    import matplotlib as mpl
    from matplotlib import font_manager

    fonts, lacking = covering(printable(text))
    names = []
    for font in fonts[1:]:  # matplotlib knows its own, and of the others those that it once found
        font_manager.fontManager.addfont(font)
        names.append(font_manager.FontProperties(fname=font).get_name())
    settings: Any = {
        "font.family": ["DejaVu Sans", *names],
        "svg.hashsalt": "img2music",  # the same picture is the same file
        "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
        "text.parse_math": False,  # a title may hold dollar signs
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield lacking_note(lacking) if file.suffix.lower() == ".png" else ()


def shortened(text: str, letters: int) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= letters else text[: max(1, letters - 1)].rstrip() + "…"


def pale(axes: "Axes") -> None:
    """Draw borders and ticks in grey."""
    axes.tick_params(color="#BBBBBB", labelcolor="#555555", labelsize=9)
    for spine in axes.spines.values():
        spine.set_color("#BBBBBB")


def save_figure(figure: "Figure", file: Path) -> None:
    """Write a figure in the format that the file's name ends in; the same figure is the same file."""
    chosen = FORMATS.chosen(None, file)
    content = io.BytesIO()
    figure.savefig(content, format=chosen.name, metadata={"Date": None} if chosen.name == "svg" else None)
    write_atomically(content.getvalue(), file, chosen.kind)
