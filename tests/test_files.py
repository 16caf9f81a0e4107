"""Files are there whole or not at all."""

import os
from pathlib import Path

import pytest

from img2music.errors import InputError
from img2music.files import write_atomically


def test_replaces_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 250 + ".json")
    write_atomically(b"one", file)
    write_atomically(b"two", file)
    assert file.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [file]


def test_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_atomically(b"one", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"


def test_a_device_stays_one(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    write_atomically(b"one", Path(f"/dev/fd/{writing}"))
    assert os.read(reading, 10) == b"one"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", [".", "missing/file", "n" * 300, "loop"])
def test_says_where_it_cannot_write(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="can't be written"):
        write_atomically(b"one", tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before
