"""Files are there whole or not at all."""

import os
from pathlib import Path

import pytest

from img2music.errors import InputError
from img2music.files import edited_copy, put_in_place, write_atomically


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


def test_an_edited_copy_is_like_the_file_and_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "song.flac"
    file.write_bytes(b"one")
    file.chmod(0o640)
    os.utime(file, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
    before = file.stat()
    with edited_copy(str(file)) as copy:
        assert Path(copy).name.startswith(".img2music-")
        assert Path(copy).suffix == ".flac"
        assert Path(copy).read_bytes() == b"one"
        assert Path(copy).stat().st_mtime_ns == before.st_mtime_ns
        Path(copy).write_bytes(b"two")
        assert file.read_bytes() == b"one"
        put_in_place(copy, str(file))
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode == before.st_mode
    assert list(tmp_path.iterdir()) == [file]


def test_a_copy_that_comes_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "song.flac"
    file.write_bytes(b"one")

    def interrupted() -> None:
        with edited_copy(str(file)) as copy:
            Path(copy).write_bytes(b"tw")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(FileNotFoundError), edited_copy(str(tmp_path / "gone.flac")):
        pass
    assert list(tmp_path.iterdir()) == [file]
