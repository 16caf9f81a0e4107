"""``img2music lyrics affect``: what lyrics in files feel like."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from img2music.cli.options import Choice, argument, command, file_path, option
from img2music.cli.output import ReportFormat, finish, format_option, print_report

if TYPE_CHECKING:
    from img2music.affect import Affect
    from img2music.research.text.lyrics_files import LyricsItem


class TextModelName(StrEnum):
    """A model that reads text."""

    WORDS = "words"
    MINILM = "minilm"
    MULTILINGUAL = "multilingual"


@command()
@argument("paths", metavar="FILE...", nargs=-1, required=True, type=file_path, help="Lyrics: text, or LRC.")
@option(
    "--model",
    type=Choice(TextModelName),
    default="words",
    help="What reads English: words; minilm, closer to people, slower, with the extra lyrics; or multilingual, as "
    "other languages are read, with the extra languages.",
)
@option(
    "--lexicon",
    type=file_path,
    metavar="FILE",
    help="Also average over this lexicon: NRC-VAD, Glasgow Norms or Warriner.",
)
@format_option
def affect(paths: tuple[Path, ...], model: TextModelName, lexicon: Path | None, format_: ReportFormat | None) -> None:
    """Read the valence and the arousal of lyrics in files.

    On the unit scale; most sentences are near 0.5. The extra languages reads Arabic, Chinese, Dutch, French, German,
    Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai and Turkish, too. What no model
    knows, and texts too short to tell, get none.
    """
    from img2music.errors import InputError
    from img2music.music.lyrics.text_model import (
        TextReader,
        shipped_multilingual_model,
        shipped_sentence_model,
        shipped_text_model,
    )
    from img2music.research.text.lexicon import Lexicon
    from img2music.research.text.lyrics_files import LyricsAffects, read_lyrics_files
    from img2music.shapes import problems

    readers: dict[TextModelName, Callable[[], TextReader]] = {
        TextModelName.WORDS: shipped_text_model,
        TextModelName.MINILM: shipped_sentence_model,
        TextModelName.MULTILINGUAL: shipped_multilingual_model,
    }
    found = list(read_lyrics_files(paths, readers[model](), Lexicon.load(lexicon) if lexicon else None))
    items = [item for item in found if not isinstance(item, InputError)]
    errors = [item for item in found if isinstance(item, InputError)]
    shape = LyricsAffects(items=items, errors=problems(errors))
    print_report(format_, shape, COLUMNS, map(_row, items))
    finish(len(items), errors)


COLUMNS = ("file", "language", ">valence", ">arousal", "feels", "lexicon", ">not found")


def _row(item: "LyricsItem") -> list[str]:
    read, said = item.affect, item.lexicon
    return [
        item.path,
        item.language or "?",
        *_numbers(read),
        read.word if read else item.reason or "",
        " ".join(_numbers(said.affect)) if said else "",
        f"{said.not_found:.0%}" if said else "",
    ]


def _numbers(read: "Affect | None") -> tuple[str, str]:
    return ("-", "-") if read is None else (f"{read.valence:.2f}", f"{read.arousal:.2f}")
