from pathlib import Path

import pytest

from img2music.errors import UsageError
from img2music.soundtrack.formats import WRITERS, chosen_format, save, written
from tests.soundtrack.test_cue_sheet import SHEET


def test_the_ending_tells_the_format() -> None:
    assert chosen_format(None, None, terminal=True) == "table"
    assert chosen_format(None, None, terminal=False) == "json"
    assert chosen_format(None, Path("a.CSV"), terminal=True) == "csv"
    assert chosen_format("json", Path("a.txt"), terminal=True) == "json"
    for wanted, output in (("table", Path("a.json")), (None, Path("a.doc")), (None, Path("a"))):
        with pytest.raises(UsageError, match="needs a name that ends in json, "):
            chosen_format(wanted, output, terminal=True)


@pytest.mark.parametrize("form", WRITERS)
def test_every_format_is_written_again_and_again_the_same(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"sheet.{form}"
    save(SHEET, file)
    assert file.read_bytes() == written(SHEET, form)
    assert file.read_bytes().endswith(b"\n")
