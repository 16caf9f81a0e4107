"""Affect of files of lyrics."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.files import read_text
from img2music.music.lyrics.affect_model import LANGUAGE, TextAffect, english_affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.language import detect
from img2music.music.lyrics.lemmas import lemmatise
from img2music.music.lyrics.lexicon import Lexicon, LexiconAffect
from img2music.music.lyrics.text_model import TextReader
from img2music.shapes import Problem

LARGEST = 1 << 20
"""Bytes of a file of lyrics; the longest songs have a twentieth."""


@dataclass(frozen=True, slots=True)
class LyricsReading:
    """What is read in one file of lyrics."""

    path: str
    language: str | None  # ISO 639 code; None where it can't be told
    text: TextAffect | None  # what a model reads; None where that would be a guess
    lexicon: LexiconAffect | None  # what a lexicon says; None where none was given, or the language is not English

    @property
    def reason(self) -> str:
        """Why there is no affect of a model; empty where there is one."""
        if self.text is not None:
            return ""
        if self.language is None:
            return "too short or too mixed to tell the language"
        return "too few words that the model knows" if self.language == LANGUAGE else f"in {self.language}, not English"


@dataclass(frozen=True, slots=True)
class LyricsItem:
    """A file of lyrics in ``img2music/lyrics-affect/1``."""

    path: str
    language: str | None  # ISO 639 code
    affect: Affect | None
    reason: str | None  # why there is no affect
    model: str | None
    words: int | None  # that it was read from
    unknown: float | None  # share of the words that the model does not know
    lexicon: LexiconAffect | None

    @classmethod
    def of(cls, read: LyricsReading) -> Self:
        """Lay a reading out flat."""
        text = read.text
        return cls(
            path=read.path,
            language=read.language,
            affect=getattr(text, "affect", None),
            reason=read.reason or None,
            model=getattr(text, "model", None),
            words=getattr(text, "words", None),
            unknown=getattr(text, "unknown", None),
            lexicon=read.lexicon,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricsAffects:
    """``img2music/lyrics-affect/1``."""

    schema: Literal["img2music/lyrics-affect/1"] = "img2music/lyrics-affect/1"
    items: list[LyricsItem]
    errors: list[Problem]


def read_lyrics_files(
    paths: Iterable[Path], model: TextReader, lexicon: Lexicon | None = None
) -> Iterator[LyricsReading | InputError]:
    """Read the affect of files of lyrics, one after the other."""
    for path in paths:
        try:
            lyrics = clean(read_text(path, LARGEST, "no lyrics"))
        except InputError as error:
            yield error
            continue
        language = detect(lyrics)
        english = language == LANGUAGE
        said = lexicon.affect(lemmatise(lyrics)) if lexicon is not None and english else None
        yield LyricsReading(str(path), language, english_affect(lyrics, model) if english else None, said)
