"""Films that are sent, on disks that end and by servers that are killed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from img2music.app import films as limits
from img2music.app.films import Films
from img2music.errors import UsageError

CONTENT = b"0123456789"


class Killed(BaseException):
    """As a process ends that is killed: nothing tidies up."""


def sent(films: Films, name: str = "trip.mp4", *used: str) -> str:
    id_ = films.begin(name, len(CONTENT), used).id
    films.add(id_, 0, CONTENT)
    return id_


def killed_after(monkeypatch: pytest.MonkeyPatch, renames: int, act: Callable[[], object]) -> bool:
    """Whether something was killed after so many files were renamed."""
    rename, done = Path.replace, iter(range(renames))

    def replace(path: Path, target: Path) -> Path:
        if next(done, None) is None:
            raise Killed
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        try:
            act()
        except Killed:
            return True
    return False


def test_what_was_sent_outlives_a_server_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renames = 0
    while True:
        own = tmp_path / str(renames)
        id_ = sent(Films([], own))
        if not killed_after(monkeypatch, renames, lambda own=own, id_=id_: Films([], own).finish(id_)):
            break
        again = Films([], own)
        assert again.received(id_).received == len(CONTENT)
        path, name = again.finish(id_)
        assert (Path(path).read_bytes(), name) == (CONTENT, "trip.mp4")
        assert sorted(each.name for each in Path(path).parent.iterdir()) == ["sent.json", "trip.mp4"]
        renames += 1
    taken_back = 0
    while True:
        own = tmp_path / f"back {taken_back}"
        films = Films([], own)
        id_ = sent(films)
        path, _ = films.finish(id_)
        if not killed_after(monkeypatch, taken_back, lambda films=films, path=path: films.take_back(path)):
            break
        if taken_back:
            assert Films([], own).received(id_).received == len(CONTENT)
        taken_back += 1
    assert min(renames, taken_back) >= 2


def test_what_nobody_wants_is_removed_after_a_week(tmp_path: Path) -> None:
    films = Films([], tmp_path)
    path, _ = films.finish(sent(films, "used.mp4"))
    films.finish(sent(films, "killed before its project was there.mp4"))
    sent(films, "never asked for.mp4")
    films.begin("hardly begun.mp4", 5, ())
    (tmp_path / "proxies").mkdir()
    for file in tmp_path.rglob("*"):
        os.utime(file, (1e9, 1e9))
    films.finish(sent(films, "of today.mp4", path))
    films.begin("another.mp4", 5, [path])
    left = {file.name for file in tmp_path.rglob("*.mp4")}
    assert (left, len([*tmp_path.iterdir()])) == ({"used.mp4", "of today.mp4"}, 4)


def test_films_that_are_on_their_way_are_promised_their_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = [10_000]
    monkeypatch.setattr(limits, "ROOM", 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 0, room[0]))
    films = Films([], tmp_path)
    first = films.begin("one.mp4", 6000, ())
    with pytest.raises(UsageError, match="no room"):
        films.begin("two.mp4", 4000, ())
    films.begin("three.mp4", 2000, ())
    films.add(first.id, 0, bytes(5000))
    room[0] -= 5000
    with pytest.raises(UsageError, match="no room"):
        films.begin("four.mp4", 1500, ())
    films.begin("five.mp4", 900, ())
