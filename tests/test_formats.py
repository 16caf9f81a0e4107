"""Formats that files are written in."""

from dataclasses import dataclass

import pytest

from img2music.errors import UsageError
from img2music.files import FileKind
from img2music.formats import Format, Formats


@dataclass(frozen=True)
class Letter(Format):
    signed: bool = False


LETTERS = Formats(
    "a letter",
    Letter("txt", FileKind("text", (".txt",), b"")),
    Letter("pdf", FileKind("a PDF file", (".pdf",), b"%PDF"), signed=True),
)


def test_a_format_is_found_by_its_name_or_by_the_ending_of_a_file() -> None:
    assert list(LETTERS) == ["txt", "pdf"]
    assert LETTERS.chosen(None, "to/her.PDF").signed
    assert LETTERS.chosen("txt", "to/her.pdf").name == "txt"


def test_an_unknown_one_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"The name of a letter must end in \.txt or \.pdf, not her\.doc\.$"):
        LETTERS.chosen(None, "her.doc")
    with pytest.raises(UsageError, match=r"'doc' is no format of a letter; there are txt, pdf\.$"):
        LETTERS.chosen("doc", "her.pdf")
