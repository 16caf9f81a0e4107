"""Affect of files of lyrics."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from img2music.errors import InputError
from img2music.files import read_text
from img2music.music.lyrics.affect_model import LANGUAGE, TextAffect, english_affect
from img2music.music.lyrics.cleaning import clean
from img2music.music.lyrics.language import detect
from img2music.music.lyrics.lemmas import lemmatise
from img2music.music.lyrics.lexicon import Lexicon, LexiconAffect
from img2music.music.lyrics.text_model import TextReader

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

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON has it, in the shape of docs/schemas/lyrics-affect.json."""
        text, lexicon = self.text, self.lexicon
        return {
            "path": self.path,
            "language": self.language,
            "affect": text and {"valence": text.affect.valence, "arousal": text.affect.arousal},
            "reason": self.reason or None,
            "model": text and text.model,
            "words": text and text.words,
            "unknown": text and text.unknown,
            "lexicon": lexicon
            and {
                "affect": lexicon.affect and {"valence": lexicon.affect.valence, "arousal": lexicon.affect.arousal},
                "not_found": lexicon.not_found,
            },
        }


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
