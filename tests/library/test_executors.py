"""What files can do to the processes that look into them."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from img2music.connectors.folders import FileState
from img2music.library import executors
from img2music.library.executors import ProcessExecutor
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from tests.conftest import Locations
from tests.support.library_sounds import make_music

pytestmark = pytest.mark.slow


def crash(_file: FileState) -> None:
    os.abort()


def grow(_file: FileState) -> None:
    _taken = [b"\1" * (1 << 26) for _ in range(60 * 16)]  # 60 GB, each page of them written to


def hang(_file: FileState) -> None:
    while True:
        pass


POISON: dict[str, Callable[[FileState], None]] = {"crash": crash, "grow": grow, "hang": hang}


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="memory is limited on POSIX")
@pytest.mark.parametrize(("said", "limited"), [("1073741824\n", True), ("max\n", False), (None, False)])
def test_a_container_has_the_memory_that_it_is_given(
    said: str | None, limited: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said is not None:
        (tmp_path / "memory.max").write_text(said)
    monkeypatch.setattr(executors, "CONTAINER", tmp_path / "memory.max")
    assert (executors.all_memory() == 1 << 30) is limited


class Poisoned(ProcessExecutor):
    """Does to a process what a decoder may that meets a file of such a name."""

    def submit(self, work: Callable[[FileState], Any], file: FileState) -> "Future[Any]":
        return super().submit(POISON.get(Path(file.path).stem, work), file)


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="memory is limited on POSIX")
def test_a_poisoned_file_is_on_record_and_the_rest_is_done(
    tmp_path: Path, at: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_music(tmp_path / "music", 4)
    for name in POISON:
        (tmp_path / "music" / f"{name}.mp3").write_text(name * (1 if name == "hang" else 1000))
    monkeypatch.setattr(executors, "MEMORY", 1 << 30)
    monkeypatch.setattr(executors, "TIMEOUT_BASE", 2.0)
    monkeypatch.setattr(executors, "TIMEOUT_A_BYTE", 0.1)  # much for all but one
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store, Poisoned(2) as executor:
        report = scan(store, [tmp_path / "music"], executor=executor)
        assert (report.analysed, store.count()) == (4, 4)
        told = {Path(failure.path).stem: failure.reason for failure in store.failures()}
        assert {Path(error.path).stem: error.reason for error in report.failed} == told
        assert scan(store, [tmp_path / "music"], executor=executor).failed_before == 3
    assert "the analysis crashed" in told["crash"]
    assert "needs more memory than 1.1 GB" in told["grow"]
    assert "did not end in time" in told["hang"]
