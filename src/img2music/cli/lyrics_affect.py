"""``img2music lyrics affect``: what lyrics in files feel like."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    errors_as_json,
    finish,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from img2music.music.lyrics.reading import LyricsReading


class TextModelName(StrEnum):
    """A model that reads text."""

    WORDS = "words"
    MINILM = "minilm"


def affect(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Lyrics: text, or LRC.")],
    model: Annotated[
        TextModelName,
        typer.Option(help="words, or minilm: closer to people, slower, with the extra lyrics."),
    ] = TextModelName.WORDS,
    lexicon: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also average over this lexicon: NRC-VAD, Glasgow Norms or Warriner."),
    ] = None,
    format_: ReportFormatOption = None,
) -> None:
    """Read the valence and the arousal of lyrics in files.

    On the unit scale; most sentences are near 0.5. Only English is read: other languages, and texts too short to tell,
    get none.
    """
    from img2music.errors import InputError
    from img2music.music.lyrics.lexicon import Lexicon
    from img2music.music.lyrics.reading import read_lyrics_files
    from img2music.music.lyrics.text_model import shipped_sentence_model, shipped_text_model

    reader = shipped_text_model() if model is TextModelName.WORDS else shipped_sentence_model()
    found = list(read_lyrics_files(paths, reader, Lexicon.load(lexicon) if lexicon else None))
    items = [item for item in found if not isinstance(item, InputError)]
    errors = [item for item in found if isinstance(item, InputError)]
    if chosen_format(format_) is ReportFormat.JSON:
        shape = {"schema": "img2music/lyrics-affect/1", "items": [item.to_json() for item in items]}
        print_json({**shape, "errors": errors_as_json(errors)})
    elif items:
        columns = ["file", "language", ">valence", ">arousal", "feels", "lexicon", ">not found"]
        print_table(columns, map(_row, items))
    finish(len(items), errors)


def _row(item: "LyricsReading") -> list[str]:
    from img2music.affect import Affect

    def numbers(read: Affect | None) -> tuple[str, str]:
        return ("-", "-") if read is None else (f"{read.valence:.2f}", f"{read.arousal:.2f}")

    read = item.text.affect if item.text is not None else None
    said = item.lexicon
    return [
        item.path,
        item.language or "?",
        *numbers(read),
        read.word if read else item.reason,
        " ".join(numbers(said.affect)) if said else "",
        f"{said.not_found:.0%}" if said else "",
    ]
