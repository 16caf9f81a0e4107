"""Libraries that the code of each schema revision wrote (tools/freeze_library.py), opened by today's."""

import contextlib
import json
import sqlite3
import sys
from pathlib import Path

import pytest

import img2music
from img2music.cli.app import main

FROZEN = Path(__file__).parent / "frozen"
REVISIONS = sorted(path.stem for path in FROZEN.glob("*.sql"))


@pytest.fixture(params=REVISIONS)
def revision(request):
    return request.param


@pytest.fixture
def told(revision):
    return json.loads((FROZEN / f"{revision}.json").read_text())


@pytest.fixture
def library(revision, tmp_path):
    path = tmp_path / "library.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((FROZEN / f"{revision}.sql").read_text("utf-8"))
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["img2music", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        assert end.value.code == 0, captured.err
        return captured.out

    return run


def as_told(now, then):
    """What there is now, without the fields that nobody told of then."""
    if isinstance(then, dict):
        return {name: as_told(now.get(name, "lost"), value) for name, value in then.items()}
    if isinstance(then, list) and len(now) == len(then):
        return [as_told(*pair) for pair in zip(now, then, strict=True)]
    return now


def lines(export):
    return [json.loads(line) for line in export.read_bytes().splitlines()[1:]]


@pytest.mark.sqlite("a library of an older version in a file")
def test_tracks(library, told, run):
    tracks = json.loads(run("tracks", "--format", "json", "--library", library))["tracks"]
    assert as_told(tracks, told["tracks"]) == told["tracks"]


@pytest.mark.sqlite("a library of an older version in a file")
def test_recommendations(library, told):
    with img2music.Library.open(library) as opened:
        for then in told["recommendations"]:
            affect = img2music.Affect(then["valence"], then["arousal"])
            (query,) = opened.recommend(affects=[affect], match=then["match"], top=5)
            assert [match.track.id for match in query.matches] == [match["id"] for match in then["matches"]]
            for now, match in zip(query.matches, then["matches"], strict=True):
                assert now.similarity == pytest.approx(match["similarity"], abs=1e-12)
                passage = now.passage and {"start": now.passage.start, "end": now.passage.end}
                assert passage == match["passage"]


@pytest.mark.sqlite("a library of an older version in a file")
def test_export_has_all_that_was_analysed(revision, library, run, tmp_path):
    run("library", "export", tmp_path / "now.jsonl", "--library", library)
    then = lines(FROZEN / f"{revision}.jsonl")
    assert as_told(lines(tmp_path / "now.jsonl"), then) == then


def test_import_of_its_export(revision, told, run, tmp_path, at):
    library = at(tmp_path / "imported.db")
    run("library", "import", FROZEN / f"{revision}.jsonl", "--library", library)
    tracks = json.loads(run("tracks", "--format", "json", "--library", library))["tracks"]
    then = [{name: value for name, value in track.items() if name != "id"} for track in told["tracks"]]
    assert as_told(tracks, then) == then
    run("library", "export", tmp_path / "again.jsonl", "--library", library)
    then = lines(FROZEN / f"{revision}.jsonl")
    assert as_told(lines(tmp_path / "again.jsonl"), then) == then


def test_each_revision_but_the_newest_is_frozen():
    versions = Path(img2music.__file__).parent / "library" / "migrations" / "versions"
    older = sorted(path.name[:5] for path in versions.glob("r*.py"))[:-1]
    missing = [f"{name}.{kind}" for name in older for kind in ("sql", "json", "jsonl")]
    missing = [name for name in missing if not (FROZEN / name).exists()]
    assert missing == [], "write them with tools/freeze_library.py, at the last commit before the next revision"
