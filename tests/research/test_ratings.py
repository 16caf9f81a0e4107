"""Tables of ratings, however they are written."""

from pathlib import Path

import pytest

from img2music.affect import SCALES, Affect
from img2music.errors import InputError, UsageError
from img2music.research.ratings import Columns, all_ratings, read_ratings


def table(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    (folder / "ratings.csv").write_text(content, encoding=encoding)
    return folder / "ratings.csv"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("file,valence,arousal\nA \u00e4.png,4,2.5\n", "utf-8-sig"),
        ("sep=;\nfile;valence;arousal\nA \u00e4.png;4;2,5\n", "utf-16"),
        ("who\tarousal\tfile\tvalence\n\n x \t 2.5 \t A \u00e4.png \t4\n", "cp1252"),
        ('file,valence,arousal,note\n"A \u00e4.png",4,2.5,"two\nlines"\n', "utf-8"),
    ],
)
def test_as_people_save_them(content: str, encoding: str, tmp_path: Path) -> None:
    (rating,) = all_ratings(table(tmp_path, content, encoding), scale=SCALES["oasis"])
    assert (rating.item, rating.affect, rating.scale) == ("A \u00e4.png", Affect(0.5, 0.25), SCALES["oasis"])


def test_bad_rows_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = ["song,v,a,scale", "one,5,1,1-9", "two,x,1,1-9", ",1,1,1-9", "three,1", "four,1,1,", "five,9,9,1-9"]
    found = list(read_ratings(table(tmp_path, "\n".join(rows)), Columns("song", "v", "a")))
    said = [one.reason if isinstance(one, InputError) else one.item for one in found]
    assert said == [
        "one",
        "line 3 (two), column 'v': 'x' is no number.",
        "line 4 names no song.",
        "line 5 (three) lacks a.",
        "line 6 (four) lacks a scale.",
        "five",
    ]
    with pytest.raises(InputError, match=r"ratings\.csv: line 3 \(two\)"):
        all_ratings(tmp_path / "ratings.csv", Columns("song", "v", "a"))


def test_a_scale_is_asked_for_by_the_name_of_the_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="say with `images_scale` how they run"):
        list(read_ratings(table(tmp_path, "file,valence,arousal\na,1,1\n"), setting="images_scale"))
