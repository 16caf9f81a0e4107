"""Bad files among good ones: each is named with what is wrong with it, the others are done."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.bad_file import BadFile
from tests.e2e.bad_images import IMAGES, photo
from tests.e2e.bad_sounds import SOUNDS, chords, encode
from tests.e2e.command import Outcome, img2music

pytestmark = pytest.mark.slow


def make(catalogue: Sequence[BadFile], folder: Path) -> dict[str, BadFile]:
    folder.mkdir()
    kinds = {str(folder / kind.name): kind for kind in catalogue}
    for path, kind in kinds.items():
        kind.make(Path(path))
    return kinds


def wrong(kinds: dict[str, BadFile], outcome: Outcome, done: set[str], errors: dict[str, str]) -> dict[str, str]:
    """What went otherwise than the catalogue says, by file name."""
    found = {}
    for path, kind in kinds.items():
        on_stderr = [line for line in outcome.err.splitlines() if path in line]
        if path in done and path in errors:
            found[kind.name] = "done and failed"
        elif kind.says is None and path not in done:
            found[kind.name] = f"should be read: {errors.get(path)}"
        elif kind.says is not None and path not in errors:
            found[kind.name] = "should fail, is " + ("done" if path in done else "left out without a word")
        elif kind.says is not None and not re.search(kind.says, errors[path], re.IGNORECASE):
            found[kind.name] = f"says {errors[path]!r}"
        elif kind.says is not None and not any(errors[path] in line for line in on_stderr):
            found[kind.name] = f"stderr says {on_stderr}"
    return found


@pytest.mark.parametrize("catalogue", [IMAGES, SOUNDS], ids=["images", "sounds"])
def test_analyze_goes_on_past_bad_files(catalogue: list[BadFile], tmp_path: Path) -> None:
    kinds = make(catalogue, tmp_path / "bad")
    good = [tmp_path / "good.jpg", tmp_path / "good.flac"]
    photo().save(good[0])
    encode(good[1], "flac", chords(5))
    outcome = img2music("analyze", good[0], *kinds, good[1], "--format", "json", home=tmp_path).sound(1)
    items = {item["path"]: item for item in outcome.json["items"]}
    assert wrong(kinds, outcome, set(items), outcome.errors) == {}
    assert {str(path) for path in good} <= set(items)
    for item in items.values():
        assert 0 <= item["affect"]["valence"] <= 1
        assert 0 <= item["affect"]["arousal"] <= 1
        assert sum(item["emotions"].values()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("catalogue", [IMAGES, SOUNDS], ids=["images", "sounds"])
def test_nothing_but_bad_files_is_exit_code_2(catalogue: list[BadFile], tmp_path: Path) -> None:
    kinds = make([kind for kind in catalogue if kind.says is not None], tmp_path / "bad")
    outcome = img2music("analyze", *kinds, "--format", "json", home=tmp_path).sound(2)
    assert outcome.json["items"] == []
    assert set(outcome.errors) == set(kinds)


def test_a_folder_of_bad_music_is_scanned_to_its_end(tmp_path: Path) -> None:
    kinds = make(SOUNDS, tmp_path / "music")
    encode(tmp_path / "music" / "good.flac", "flac", chords(5))
    library = tmp_path / "library.sqlite"
    first = img2music("scan", tmp_path / "music", "--library", library, home=tmp_path).sound(1)
    tracks = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
    done = {track["path"] for track in tracks}
    assert str(tmp_path / "music" / "good.flac") in done
    left_out = {
        path for path in kinds if Path(path).suffix in {".m3u", ".m3u8", ".mid", ".mp4", ".m4p"}
    }  # no music by their name
    # Silent files are no faults, so that only this list tells them.
    failures = img2music("library", "failures", "--library", library, "--format", "json", home=tmp_path).sound(0).json
    errors = {failure["path"]: failure["error"] for failure in failures["failures"]}
    silent = "".join(f"{path}: {error}\n" for path, error in errors.items() if "silent" in error)
    first = replace(first, err=first.err + silent)
    listened = {path: kind for path, kind in kinds.items() if path not in left_out}
    assert wrong(listened, first, done, errors) == {}

    second = img2music("scan", tmp_path / "music", "--library", library, home=tmp_path).sound(0, 1)
    again = img2music("tracks", "--library", library, "--format", "json", home=tmp_path).sound(0).json["tracks"]
    assert again == tracks, second
    img2music("library", "verify", "--library", library, home=tmp_path).sound(0)


def test_pictures_of_a_query_may_be_bad(tmp_path: Path) -> None:
    kinds = make(IMAGES, tmp_path / "bad")
    good, music, library = tmp_path / "good.jpg", tmp_path / "music", tmp_path / "library.sqlite"
    photo().save(good)
    music.mkdir()
    encode(music / "good.flac", "flac", chords(5))
    img2music("scan", music, "--library", library, home=tmp_path).sound(0)
    outcome = img2music("recommend", *kinds, good, "--library", library, "--format", "json", home=tmp_path).sound(1)
    queries = {found["query"]["path"]: found for found in outcome.json["recommendations"]}
    assert wrong(kinds, outcome, set(queries), outcome.errors) == {}
    assert [match["track"]["path"] for match in queries[str(good)]["matches"]] == [str(music / "good.flac")]
