"""Affect of files of lyrics."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.files import read_text
from img2music.music.lyrics.affect_model import ENGLISH, languages_read, lyrics_affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.encoders import EXTRA, LANGUAGES
from img2music.music.lyrics.language import detect
from img2music.music.lyrics.text_model import TextReader
from img2music.research.text.lemmas import lemmatise
from img2music.research.text.lexicon import Lexicon, LexiconAffect
from img2music.shapes import Problem

LARGEST = 1 << 20
"""Bytes of a file of lyrics; the longest songs have a twentieth."""


@dataclass(frozen=True, slots=True)
class LyricsItem:
    """A file of lyrics in ``img2music/lyrics-affect/1``."""

    path: str
    language: str | None  # ISO 639 code; None where it can't be told
    affect: Affect | None  # that a model reads; None where that would be a guess
    reason: str | None  # why there is no affect
    model: str | None
    words: int | None  # that it was read from
    unknown: float | None  # share of the words that the model does not know
    lexicon: LexiconAffect | None  # what a lexicon says; None where none was given, or the language is not English


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricsAffects:
    """``img2music/lyrics-affect/1``."""

    schema: Literal["img2music/lyrics-affect/1"] = "img2music/lyrics-affect/1"
    items: list[LyricsItem]
    errors: list[Problem]


def read_lyrics_files(
    paths: Iterable[Path], model: TextReader, lexicon: Lexicon | None = None
) -> Iterator[LyricsItem | InputError]:
    """Read the affect of files of lyrics, one after the other."""
    for path in paths:
        try:
            lyrics = clean(read_text(path, LARGEST, "no lyrics"))
        except InputError as error:
            yield error
            continue
        language, text, said = detect(lyrics), None, None
        if language is None:
            reason = "too short or too mixed to tell the language"
        elif language in languages_read():
            reason = "too few words that the model knows"
            text = lyrics_affect(lyrics, language, model)
            said = lexicon.affect(lemmatise(lyrics)) if lexicon is not None and language == ENGLISH else None
        elif language in LANGUAGES:
            reason = f"in {language}, which needs an extra: pip install 'img2music[{EXTRA}]'"
        else:
            reason = f"in {language}, which no model here reads"
        if text is None:
            yield LyricsItem(str(path), language, None, reason, None, None, None, said)
        else:
            yield LyricsItem(str(path), language, text.affect, None, text.model, text.words, text.unknown, said)
