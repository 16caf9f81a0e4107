from pathlib import Path

import numpy as np
import pytest

from img2music.errors import InputError
from img2music.research.images.datasets import load

HEAD = ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"


def write(folder: Path, *rows: str, head: str = HEAD) -> Path:
    """Write a table in the authors' form, and an (empty) image for every row."""
    (folder / "images").mkdir(exist_ok=True)
    lines = [head, *(f"{number},{row}" for number, row in enumerate(rows))]
    (folder / "OASIS.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for row in rows:
        theme = row.split(",")[0].strip()
        if theme and "/" not in theme:
            (folder / "images" / f"{theme}.jpg").touch()
    return folder


def row(theme: str, valence: object = 4.0, arousal: object = 2.5) -> str:
    return f"{theme},Object,Pixabay,{valence},0.9,102,{arousal},1.6,101"


def test_the_real_set(shared_data: Path) -> None:
    images = load(shared_data / "oasis")
    assert len(images.paths) == len(images.themes) == 900
    assert len(set(images.themes)) == 248
    assert images.affect.shape == (900, 2)
    assert images.paths[0].name == "Acorns 1.jpg"
    assert images.themes[0] == "Acorns"
    assert images.affect[0] == pytest.approx([(4.68627450980392 - 1) / 6, (2.34653465346535 - 1) / 6])
    assert all(path.is_file() for path in images.paths)


def test_scale_themes_and_blanks(tmp_path: Path) -> None:
    images = load(write(tmp_path, row("War 2 ", 1, 7), row("Fire", 7, 1), row("Big dog 12", 4, 4)))
    assert images.themes == ("War", "Fire", "Big dog")
    assert [path.name for path in images.paths] == ["War 2.jpg", "Fire.jpg", "Big dog 12.jpg"]
    assert np.array_equal(images.affect, [[0, 1], [1, 0], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("Dog 1", 7.01), "valence 7.01 is outside"),
        (row("Dog 1", 4, 0.2), "arousal 0.2 is outside"),
        (row("Dog 1", "nan"), "line 3 .*'nan' is no finite number"),
        (row("Dog 1", ""), r"line 3 \(Dog 1\) lacks Valence_mean"),
        (row("Dog 1", "high"), "'high' is no number"),
        ("Dog 1,Object", "lacks Valence_mean, Arousal_mean"),
        (row("Acorns 1"), "'Acorns 1' a second time"),
        (row(" Acorns 1 "), "a second time"),
        (row(""), "line 3 names no Theme"),
        (row("../Dog 1"), "line 3 .* names no image"),
    ],
)
def test_bad_rows(tmp_path: Path, bad: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        load(write(tmp_path, row("Acorns 1"), bad))
    assert caught.value.path == str(tmp_path / "OASIS.csv")


def test_bad_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"OASIS\.csv: No such file; give a folder with OASIS\.csv"):
        load(tmp_path, "oasis")
    with pytest.raises(InputError, match="no rows"):
        load(write(tmp_path))
    with pytest.raises(InputError, match="line 1 lacks Theme, Valence_mean"):
        load(write(tmp_path, row("Dog 1"), head="file,valence,arousal"))
    (tmp_path / "OASIS.csv").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        load(tmp_path)
    (tmp_path / "OASIS.csv").write_bytes(b"\xff\xfe\x00\xff")
    with pytest.raises(InputError, match="lacks Theme"):
        load(tmp_path)


def test_missing_images(tmp_path: Path) -> None:
    write(tmp_path, row("Dog 1"), row("Dog 2"), row("Dog 3"))
    (tmp_path / "images" / "Dog 2.jpg").unlink()
    with pytest.raises(InputError, match=r"Dog 2\.jpg: missing, and 0 more of 3 images"):
        load(tmp_path)
