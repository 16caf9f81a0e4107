"""Fonts by the letters that they have: no font has every script. Needs matplotlib, whose font manager lists them."""

import os
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


def covering(text: str) -> tuple[list[Path], str]:
    """Find fonts that together have the letters of a text."""
    lacking = {char for char in text if _is_drawn(char)}
    if find_spec("matplotlib") is None:
        return [], "".join(sorted(lacking))
    import matplotlib as mpl

    shipped = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    fonts = [shipped]
    lacking -= _letters(str(shipped))
    if lacking:
        installed = {file: lacking & _letters(file) for file in _installed()}
        while lacking:
            best = max(installed, key=lambda file: len(installed[file] & lacking), default="")
            if not best or not installed[best] & lacking:
                break
            fonts.append(Path(best))
            lacking -= installed[best]
    return fonts, "".join(sorted(lacking))


def lacking_note(lacking: str) -> tuple[str, ...]:
    """Say that letters are boxes in a picture, and what helps; nothing if there are none."""
    if not lacking:
        return ()
    few, what = lacking[:10], "1 letter" if len(lacking) == 1 else f"{len(lacking)} letters"
    return (f"No installed font has {what} of the names ({few}): they are boxes; install one, such as Noto.",)


def _is_drawn(char: str) -> bool:
    """Whether a character has a shape of its own; joiners and selectors of variants have none."""
    return char.isprintable() and not char.isspace() and not unicodedata.name(char, "").startswith("VARIATION SELECTOR")


def _installed() -> list[str]:
    """Files of the fonts on this system, plain ones without serifs first."""
    from matplotlib.font_manager import findSystemFonts

    def plainness(file: str) -> tuple[bool, bool, str]:
        name = os.path.basename(file).lower()  # noqa: PTH119 - names may be any bytes
        return any(word in name for word in ("bold", "italic", "mono", "serif")), "sans" not in name, file

    return sorted(findSystemFonts(), key=plainness)


@lru_cache(maxsize=4096)
def _letters(file: str) -> frozenset[str]:
    """Letters of a font that can be drawn at any size; none where it can't be read."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError, ValueError):
        return frozenset()
