"""Which folders may be scanned by whoever can't name a path."""

from pathlib import Path

import pytest

from img2music.app.folders import known_folders


@pytest.mark.parametrize(
    ("music", "lying", "found"),
    [
        ([], {}, {}),
        ([], {"/music/a/b": 2, "/music/c": 1}, {"/music": 3}),
        ([], {"/music/a/b": 2, "/data/c/d": 1}, {"/music/a/b": 2, "/data/c/d": 1}),
        ([], {"/mnt/one/a": 1, "/mnt/two/a": 1, "/mnt/two/b": 1}, {"/mnt/one/a": 1, "/mnt/two": 2}),
        ([], {"/": 1, "/a": 1}, {"/a": 1}),
        (["/music"], {"/music/a": 1, "/musical": 2}, {"/music": 1, "/musical": 2}),
        (["/music", "/music/a"], {"/music/a": 1}, {"/music": 1}),
        (["/empty"], {"/gone": 0}, {"/empty": 0, "/gone": 0}),
        ([], {"/\udcff/a": 1, "/\udcff": 1}, {"/\udcff": 2}),
        ([], {"/home/me/Music": 1, "/home/me/Films": 1}, {"/home/me/Music": 1, "/home/me/Films": 1}),
        ([], {"/home/me/Music/a": 1, "/home/me/Music/b": 1, "/home/you/a": 1}, {"/home/me/Music": 2, "/home/you/a": 1}),
    ],
)
def test_folders(
    music: list[str], lying: dict[str, int], found: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    folders = known_folders(music, lying)
    assert {folder.path: folder.tracks for folder in folders} == found
    assert len({folder.id for folder in folders}) == len(folders)
