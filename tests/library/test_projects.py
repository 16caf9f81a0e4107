"""Projects as they are kept: every step, undone and redone."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.errors import ConflictError, UsageError
from img2music.library import projects as limits
from img2music.library.projects import Change, ProjectRow, ProjectTable
from img2music.library.store import LibraryStore
from tests.conftest import Locations


@pytest.fixture
def store(tmp_path: Path, at: Locations) -> Iterator[LibraryStore]:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


@pytest.fixture
def projects(store: LibraryStore) -> ProjectTable:
    return store.projects


def put(projects: ProjectTable, row: ProjectRow, sheet: str, kind: str = "gain") -> ProjectRow:
    return projects.put(row.id, row.revision, Change(kind, 3), sheet)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["undo", "redo"]) | st.integers(0, 999), max_size=20))
def test_steps_are_those_of_a_list(projects: ProjectTable, done: list[str | int]) -> None:
    row = projects.add("Trip", "/films/trip.mp4", {})
    steps: list[str] = []
    position = -1
    for each in done:
        if each == "undo":
            position = max(position - 1, min(position, 0))
            row = projects.undo(row.id, row.revision)
        elif each == "redo":
            position = min(position + 1, len(steps) - 1)
            row = projects.redo(row.id, row.revision)
        else:
            steps = [*steps[: position + 1], str(each)]
            position += 1
            row = put(projects, row, str(each), f"kind {each}")
        assert row == projects.find(row.id)
        assert row.sheet == (steps[position] if steps else None)
        assert row.undo == (Change(f"kind {steps[position]}", 3) if position > 0 else None)
        assert row.redo == (Change(f"kind {steps[position + 1]}", 3) if position + 1 < len(steps) else None)


def test_a_change_names_what_it_was_made_from(projects: ProjectTable) -> None:
    row = projects.add("Trip", "/films/\udcff.mp4", {"cues": "one"})
    assert (row.film, row.options, row.sheet) == ("/films/\udcff.mp4", {"cues": "one"}, None)
    changed = put(projects, row, "a")
    for refused in (
        lambda: put(projects, row, "b"),
        lambda: projects.undo(row.id, row.revision),
        lambda: projects.redo(row.id, row.revision),
        lambda: projects.rename(row.id, row.revision, "Other"),
        lambda: projects.remove(row.id, row.revision),
    ):
        with pytest.raises(ConflictError, match="Trip was changed meanwhile"):
            refused()
    assert projects.find(row.id) == changed
    assert projects.rename(row.id, changed.revision, "Other").name == "Other"
    with pytest.raises(UsageError, match="`name`"):
        projects.rename(row.id, changed.revision + 1, "\n")
    read = projects.put(row.id, None, Change("spot"), "c", reading=b"seen")
    assert (read.undo, projects.reading(row.id)) == (Change("spot"), b"seen")
    projects.remove(row.id, read.revision)
    with pytest.raises(KeyError):
        projects.find(row.id)
    assert projects.all() == []


def test_of_many_at_once_one_is_taken(projects: ProjectTable) -> None:
    row = projects.add("Trip", "/film.mp4", {})

    def write(number: int) -> bool:
        try:
            put(projects, row, str(number))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(8))) == 1
    assert projects.find(row.id).revision == row.revision + 1


def test_the_first_of_too_many_steps_go(projects: ProjectTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_STEPS", 3)
    row = projects.add("Trip", "/film.mp4", {})
    for number in range(5):
        row = put(projects, row, str(number))
    for expected in ("3", "2", "2"):
        row = projects.undo(row.id, row.revision)
        assert row.sheet == expected
    assert row.undo is None


@pytest.mark.slow
def test_what_is_killed_leaves_whole_steps(store: LibraryStore, projects: ProjectTable, tmp_path: Path) -> None:
    row = projects.add("Trip", "/film.mp4", {})
    put(projects, row, "0 " + "x" * 100_000)
    code = textwrap.dedent("""
        import sys
        from img2music.library.projects import Change
        from img2music.library.store import LibraryStore
        with LibraryStore.open(sys.argv[1]) as store:
            row = store.projects.find(1)
            number = int(row.sheet.split()[0])
            while True:
                number += 1
                row = store.projects.put(1, row.revision, Change("gain"), f"{number} " + "x" * 100_000)
                row = store.projects.undo(1, row.revision)
                row = store.projects.redo(1, row.revision)
                print(number, flush=True)
    """)
    for wait in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", code, store.address], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(3 + 5 * wait)][-1]
            process.kill()
        found = projects.find(row.id)
        assert found.sheet is not None
        number = int(found.sheet.split()[0])
        assert number >= int(told) - 1  # it may have been undone, and not yet redone
        assert (found.undo is not None, found.sheet[-1]) == (True, "x")
        before = projects.undo(row.id, found.revision)
        assert before.sheet is not None
        assert int(before.sheet.split()[0]) == number - 1
        projects.redo(row.id, before.revision)
