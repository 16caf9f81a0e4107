from pathlib import Path

import pytest

from img2music.errors import UsageError
from img2music.soundtrack.formats import chosen_format, chosen_formats


def test_the_ending_tells_the_format() -> None:
    assert chosen_format(None, None, terminal=True) == "table"
    assert chosen_format(None, None, terminal=False) == "json"
    assert chosen_format(None, Path("a.CSV"), terminal=True) == "csv"
    assert chosen_format("json", Path("a.doc"), terminal=True) == "json"
    for wanted, output in (("table", Path("a.json")), (None, Path("a.doc")), (None, Path("a"))):
        with pytest.raises(UsageError, match=f"^{output}: --output needs --format json, csv"):
            chosen_format(wanted, output, terminal=True)


def test_several_files_have_their_own_formats() -> None:
    assert chosen_formats(None, [Path("a.otio"), Path("a.json")], terminal=True) == ["otio", "json"]
    assert chosen_formats(None, [], terminal=True) == ["table"]
    with pytest.raises(UsageError, match="--format goes with one --output"):
        chosen_formats("json", [Path("a.otio"), Path("a.json")], terminal=True)
