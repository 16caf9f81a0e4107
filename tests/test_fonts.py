"""Fonts are found by what they have; the tests make their own."""

from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image

from img2music.affect import Affect
from img2music.fonts import covering
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Recommendation, Recommendations
from img2music.options import MatchMode
from img2music.soundtrack.slideshow.captions import CaptionFont

HANGUL, THAI, EMOJI = "\ud55c\uae00", "\u0e44\u0e17\u0e22", "\U0001f3b5"


def make_font(file: Path, letters: str) -> Path:
    """A font whose every letter is a solid block."""
    pen = TTGlyphPen(None)
    for number, point in enumerate([(50, 0), (50, 800), (850, 800), (850, 0)]):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    block = pen.glyph()
    names = [".notdef", *(f"u{ord(char):X}" for char in letters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(char): f"u{ord(char):X}" for char in letters})
    builder.setupGlyf({name: block if name != ".notdef" else TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (900, 50)))
    builder.setupHorizontalHeader(ascent=900, descent=-200)
    builder.setupNameTable({"familyName": file.stem, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, usWinAscent=900, usWinDescent=200)
    builder.setupPost()
    builder.save(file)
    return file


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of fonts on this system."""
    monkeypatch.setattr(font_manager, "X11FontDirectories", [str(tmp_path)])
    monkeypatch.setattr(font_manager, "_get_fontconfig_fonts", list)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    return tmp_path


def test_a_font_is_found_by_its_letters_whatever_it_is_called(installed: Path) -> None:
    hangul = make_font(installed / "Some Bold Name.ttf", HANGUL)
    both = make_font(installed / "Other Serif.ttf", THAI + EMOJI)
    make_font(installed / "Plain Sans.ttf", THAI[:1])
    fonts, lacking = covering(f"Song {HANGUL} \u041c\u043e\u0441\u043a\u0432\u0430 {THAI} {EMOJI}\ufe0f\n")
    assert [font.name for font in fonts] == ["DejaVuSans.ttf", both.name, hangul.name]
    assert lacking == ""
    assert covering("plain")[0] == fonts[:1]
    assert covering("\u4eac" + HANGUL) == ([fonts[0], hangul], "\u4eac")


def test_a_plot_has_the_letters_or_says_that_it_has_not(installed: Path) -> None:
    def drawn() -> tuple[tuple[str, ...], int]:
        query = Query(QueryKind.SONG, Affect(0.5, 0.5), f"/music/{HANGUL * 4}.mp3")
        found = Recommendations(MatchMode.RELATIVE, False, (Recommendation(query, (0.5, 0.5), ()),))
        notes = found.plot(installed / "plane.png")
        with Image.open(installed / "plane.png") as image:
            return notes, int((np.asarray(image.convert("RGB")) == (0, 114, 178)).all(axis=2).sum())

    (note,), boxes = drawn()
    assert note.startswith("No installed font has 2 letters of the names (\uae00\ud55c): they are boxes")
    make_font(installed / "Hangul.ttf", HANGUL)
    notes, blocks = drawn()
    assert notes == ()
    assert blocks > boxes + 300  # solid, and not outlines


def test_captions_find_a_font_too(installed: Path) -> None:
    font = CaptionFont((640, 360))
    assert font.overlay(THAI) is None
    assert font.absent == set(THAI)
    make_font(installed / "Thai.ttf", THAI)
    font.absent.clear()
    written = font.overlay(THAI)
    assert written is not None
    assert written.letters.max() == 1.0
    assert not font.absent
