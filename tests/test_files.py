"""Files are there whole or not at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.errors import InputError, UsageError
from img2music.files import (
    FileKind,
    edited_copy,
    file_name,
    keep_below,
    put_in_place,
    read_text,
    require_outputs,
    write_atomically,
)

NOTE = FileKind("a note", (".json", ".note"), b"one|two")


def test_replaces_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 250 + ".json")
    write_atomically(b"one", file, NOTE)
    write_atomically(b"two", file, NOTE)
    assert file.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [file]


def test_what_was_wanted_longest_ago_goes_first(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(5)]
    for number, file in enumerate(files):
        file.write_bytes(bytes(100))
        os.utime(file, (number % 4, 9))
    gone = tmp_path / "removed meanwhile"
    assert keep_below([*files, gone], 320, files[0]) == 300
    assert [file.exists() for file in files] == [True, False, True, True, False]
    assert keep_below(files, 0, files[0]) == 100


def test_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_atomically(b"one", tmp_path / "link", NOTE)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"


def test_a_device_stays_one(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    write_atomically(b"one", Path(f"/dev/fd/{writing}"), NOTE)
    assert os.read(reading, 10) == b"one"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", [".", "missing/file", "n" * 300, "loop"])
def test_says_where_it_cannot_write(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="can't be written"):
        write_atomically(b"one", tmp_path / name, NOTE)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.note", b"\x89PNG", "is not a note"),
        ("a.jpg", b"one", "which ends in .json or .note"),
        ("a.jpg", b"", "which ends in .json or .note"),
        ("a.note", b"SQLite format 3\0", "is a database"),
        ("link.note", b"\xff\xfb", "is not a note"),
    ],
)
def test_a_file_of_another_kind_is_never_replaced(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if name.startswith("link"):
        file.symlink_to("song.mp3")
    file.write_bytes(content)
    with pytest.raises(InputError, match=says):
        require_outputs([(file, NOTE)])
    with pytest.raises(InputError, match=says):
        write_atomically(b"one", file, NOTE)
    assert file.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1 + name.startswith("link")


def test_tells_which_files_hold_something(tmp_path: Path) -> None:
    for name, content in (("old.note", b"two"), ("empty.note", b"")):
        (tmp_path / name).write_bytes(content)
    files = [tmp_path / name for name in ("old.note", "empty.note", "new.note", "none")]
    assert require_outputs([(None, NOTE), *((file, NOTE) for file in files)]) == files[:1]


@pytest.mark.parametrize("how", ["itself", "hard link", "symbolic link"])
def test_what_is_read_is_never_replaced(how: str, tmp_path: Path) -> None:
    given, output = tmp_path / "given.note", tmp_path / "out.note"
    given.write_bytes(b"one")
    if how == "itself":
        output = tmp_path / "." / "given.note"
    elif how == "hard link":
        output.hardlink_to(given)
    else:
        output.symlink_to(given)
    with pytest.raises(UsageError, match="is the note itself"):
        require_outputs([(output, NOTE)], [("the other", tmp_path / "gone"), ("the note itself", given)])


def test_two_results_need_two_files(tmp_path: Path) -> None:
    (tmp_path / "link.note").symlink_to("a.note")
    for other in ("a.note", "A.note", "link.note"):
        with pytest.raises(UsageError, match="have the same name"):
            require_outputs([(tmp_path / "a.note", NOTE), (tmp_path / other, NOTE)])


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
    with edited_copy(str(file)) as copy:
        Path(copy).write_bytes(b"tw")
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(FileNotFoundError), edited_copy(str(tmp_path / "gone.flac")):
        pass
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "text").write_bytes("naïve".encode(encoding))
    assert read_text(tmp_path / "text", 20, "no text") == "naïve"


def test_text_that_is_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("calm".encode("utf-16")[:-1])
    assert read_text(tmp_path / "text", 20, "no text") == "cal\ufffd"


@given(st.text(max_size=400))
def test_what_a_person_has_called_something_names_a_file(name: str) -> None:
    made = file_name(name)
    assert 0 < len(made.encode("utf-8")) <= 151
    assert made.isprintable()
    assert not set(made) & set('\\/:*?"<>|')
    assert made == made.strip(" .")
    assert file_name(made) == made


def test_names_that_windows_keeps_for_itself_are_not_given() -> None:
    assert [file_name(name) for name in ("CON", "aux.1", "", "..", "Trip 2024")] == [
        "_CON", "_aux.1", "untitled", "untitled", "Trip 2024",
    ]  # fmt: skip
