import json
import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from img2music.errors import InputError
from img2music.library import exchange
from img2music.library.exchange import SCHEMA, LibraryImport, export_library, import_library
from img2music.library.record import Failure
from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.support.songs import make_record, make_song, put

pytestmark = pytest.mark.slow


def fill(store):
    put(
        store,
        [
            make_record("/b.mp3", missing=True),
            make_record(os.fsdecode(b"/\xff\n.mp3"), tags=Tags(title="\U0001f3b5", genre="\ub178\ub798", year=1999)),
            make_record("/a.mp3", tags=Tags(), tempo=None, key=None, mode=None),
        ],
    )
    with store.writing() as transaction:
        transaction.put_songs([make_song("spotify:z"), make_song("song:\u00e9", tags=Tags(title="T"), duration=None)])
        transaction.put_failure(Failure("/bad.mp3", 3, 4, "audio/1", "is empty"))


def test_export_and_import_give_the_same_library(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        fill(one)
        assert export_library(one, tmp_path / "one.jsonl") == 5
        with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
            assert import_library(two, tmp_path / "one.jsonl") == LibraryImport(5)
            assert list(two.records()) == list(one.records())
            assert list(two.songs()) == list(one.songs())
            assert list(two.failures()) == list(one.failures())
            assert two.faults() == []
            export_library(two, tmp_path / "two.jsonl")
    text = (tmp_path / "one.jsonl").read_bytes()
    assert text == (tmp_path / "two.jsonl").read_bytes()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0] == {"schema": SCHEMA}
    assert [line["track"]["path"] for line in lines[1:4]] == ["/a.mp3", "/b.mp3", os.fsdecode(b"/\xff\n.mp3")]
    assert [line["song"]["identifier"] for line in lines[4:6]] == ["spotify:z", "song:\u00e9"]
    assert list(lines[6]) == ["failure"]
    left = {item.name for item in tmp_path.iterdir() if ".db" not in item.name}
    assert left == {"one.jsonl", "two.jsonl"}


def test_an_export_of_a_library_that_knew_no_sounds(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        fill(one)
        export_library(one, tmp_path / "new.jsonl")
        old = re.sub(r'"sound":"[0-9a-f]*",', "", (tmp_path / "new.jsonl").read_text())
        (tmp_path / "old.jsonl").write_text(old)
        with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
            assert import_library(two, tmp_path / "old.jsonl") == LibraryImport(5)
            assert {record.sound for record in two.records()} == {None}


def test_exports_of_older_and_newer_versions(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        fill(one)
        export_library(one, tmp_path / "now.jsonl")
    text = (tmp_path / "now.jsonl").read_text()
    assert text.count('"label":null') == 5
    (tmp_path / "older.jsonl").write_text(text.replace(',"label":null', ""))
    (tmp_path / "newer.jsonl").write_text(
        text.replace('"label":', '"mood":"x","label":').replace('"size":', '"x":1,"size":')
    )
    with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
        assert import_library(two, tmp_path / "older.jsonl") == LibraryImport(5)
        found = import_library(two, tmp_path / "newer.jsonl")
    assert (found.count, found.errors) == (5, [])
    assert "newer img2music" in found.notes[0]
    assert all(each in found.notes[0] for each in ("tags.mood (5 lines)", "track.x (3 lines)", "failure.x (1 lines)"))


def test_import_replaces_known_paths_and_keeps_the_rest(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        put(one, [make_record("/a.mp3", tags=Tags(title="new"))])
        export_library(one, tmp_path / "one.jsonl")
    with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
        put(two, [make_record("/z.mp3"), make_record("/a.mp3", tags=Tags(title="old"))])
        number = two.find("/a.mp3").id
        import_library(two, tmp_path / "one.jsonl")
        assert [track.path for track in two.tracks()] == ["/a.mp3", "/z.mp3"]
        assert (two.find("/a.mp3").id, two.find("/a.mp3").title) == (number, "new")


def broken(change):
    def apply(line):
        row = json.loads(line)
        change(row["track"])
        return json.dumps(row).encode()

    return apply


BAD_LINES = [
    (lambda line: b"nonsense", "not JSON"),
    (lambda line: line[:50], "not JSON"),
    (lambda line: b"\xff", "not JSON"),
    (lambda line: b"[]", "Expected 'object'"),
    (lambda line: b"3", "Expected 'object'"),
    (lambda line: b"{}", "none of track"),
    (lambda line: b'{"track": 3}', "$.track"),
    (broken(lambda t: t.pop("curve")), "field 'curve'"),
    (broken(lambda t: t.update(path="relative.mp3")), "absolute"),
    (broken(lambda t: t.update(path="/\ud800.mp3")), "surrogate"),
    (broken(lambda t: t.update(size="big")), "Expected 'int'"),
    (broken(lambda t: t.update(size=2**63)), "whole number"),
    (broken(lambda t: t.update(duration=None)), "duration"),
    (broken(lambda t: t["affect"].update(valence=1.5)), "valence"),
    (broken(lambda t: t["features"].update(key=12)), "key must be from 0 to 11"),
    (broken(lambda t: t["features"].update(energy=float("nan"))), "not finite"),
    (broken(lambda t: t["features"].update(energy=2)), "from 0 to 1"),
    (broken(lambda t: t["tags"].update(title=3)), "$.track.tags.title"),
    (broken(lambda t: t["tags"].update(title="\ud800")), "surrogate"),
    (broken(lambda t: t.update(content="\ud800")), "surrogate"),
    (broken(lambda t: t.update(duration=10**400)), "too large"),
    (broken(lambda t: t.update(curve=[[1, 2]])), "length 4"),
    (broken(lambda t: t.update(curve=[[0, 1, 0.5, 2]])), "<= 1.0"),
    (broken(lambda t: t.update(missing=0)), "Expected 'bool'"),
    (broken(lambda t: t.update(duration=-1)), ">= 0.0 - at '$.track.duration'"),
    (broken(lambda t: t.update(duration=1e12)), "<= 10000000.0 - at '$.track.duration'"),
    (broken(lambda t: t.update(listened=float("nan"))), "not finite"),
    (broken(lambda t: t["tags"].update(year=10**12)), "<= 2999 - at '$.track.tags.year'"),
    (broken(lambda t: t["tags"].update(year=-5)), ">= 1000 - at '$.track.tags.year'"),
    (broken(lambda t: t["tags"].update(artist="x" * 501)), "length <= 500 - at '$.track.tags.artist'"),
    (broken(lambda t: t.update(content="x" * 5000)), "length <= 500 - at '$.track.content'"),
    (broken(lambda t: t["features"].update(tempo=-1)), "tempo must be from 0 to 1000"),
    (broken(lambda t: t["features"].update(loudness=1e300)), "loudness must be from -1000 to 1000"),
    (broken(lambda t: t["features"].update(onset_rate=-1)), "onset_rate must be"),
    (broken(lambda t: t.update(curve=[])), "length >= 1 - at '$.track.curve'"),
    (broken(lambda t: t.update(curve=[[-1, 1, 0.5, 0.5]])), ">= 0.0 - at '$.track.curve"),
    (broken(lambda t: t.update(curve=[[2, 1, 0.5, 0.5]])), "ends before it starts"),
]


def test_bad_lines_are_told_by_number_and_the_rest_is_read(tmp_path, at):
    path = tmp_path / "library.jsonl"
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        fill(one)
        export_library(one, path)
    lines = path.read_bytes().splitlines()
    lines[2:3] = [change(lines[2]) for change, _ in BAD_LINES]
    path.write_bytes(b"\n".join(lines))
    with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
        found = import_library(two, path)
        assert found.count == two.count() + two.count(missing=True) == 4
        for number, (error, (_, reason)) in enumerate(zip(found.errors, BAD_LINES, strict=True), start=3):
            assert error.reason.startswith(f"line {number}: ")
            assert reason in error.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda song: song.pop("identifier"), "field 'identifier'"),
        (lambda song: song.update(identifier=""), "must not be empty"),
        (lambda song: song.update(identifier=None), "Expected 'str'"),
        (lambda song: song.update(duration="long"), "duration"),
        (lambda song: song.update(duration=-5), "duration"),
        (lambda song: song.update(identifier="x" * 501), "identifier"),
        (lambda song: song["tags"].update(year=2**31), "year"),
        (lambda song: song["features"].pop("energy"), "field 'energy'"),
        (lambda song: song["features"].update(energy=2), "from 0 to 1"),
        (lambda song: song["affect"].update(arousal=None), "arousal|number"),
    ],
)
def test_bad_songs_are_told_by_number_and_the_rest_is_read(tmp_path, change, reason, at):
    path = tmp_path / "library.jsonl"
    with LibraryStore.open(at(tmp_path / "one.db"), create=True) as one:
        fill(one)
        export_library(one, path)
    lines = path.read_bytes().splitlines()
    line = json.loads(lines[4])
    change(line["song"])
    lines[4] = json.dumps(line).encode()
    path.write_bytes(b"\n".join(lines))
    with LibraryStore.open(at(tmp_path / "two.db"), create=True) as two:
        found = import_library(two, path)
        (error,) = found.errors
        assert (found.count, len(list(two.songs()))) == (4, 1)
        assert re.match(rf"line 5: .*({reason})", error.reason)


def test_a_file_of_nonsense_is_not_read_to_its_end(tmp_path, monkeypatch, at):
    monkeypatch.setattr(exchange, "MOST_ERRORS", 3)
    path = tmp_path / "library.jsonl"
    path.write_text(json.dumps({"schema": SCHEMA}) + "\nx" * 100)
    with (
        LibraryStore.open(at(tmp_path / "library.db"), create=True) as store,
        pytest.raises(InputError, match="more than 3 lines are of no use, the first: line 2: not JSON"),
    ):
        import_library(store, path)


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b'{"schema": "img2music/library/99"}\n', b"\x00\xff" * 99])
def test_another_file_is_refused_whole(tmp_path, content, at):
    path = tmp_path / "library.jsonl"
    path.write_bytes(content)
    with (
        LibraryStore.open(at(tmp_path / "library.db"), create=True) as store,
        pytest.raises(InputError, match=r"library\.jsonl"),
    ):
        import_library(store, path)
    with (
        LibraryStore.open(at(tmp_path / "library.db")) as store,
        pytest.raises(InputError, match="none"),
    ):
        import_library(store, tmp_path / "none.jsonl")


def test_export_leaves_what_was_there_if_it_fails(tmp_path, monkeypatch, at):
    path = tmp_path / "library.jsonl"
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        export_library(store, path)
        before = path.read_bytes()
        fill(store)

        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            export_library(store, path)
        with pytest.raises(InputError, match="No such file"):
            export_library(store, tmp_path / "nowhere" / "library.jsonl")
    assert path.read_bytes() == before
    assert {item.name for item in tmp_path.iterdir() if ".db" not in item.name} == {"library.jsonl"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    name=st.binary(min_size=1, max_size=30),
)
def test_any_text_and_name_survive(tmp_path, title, name, at):
    record = make_record(os.fsdecode(b"/" + name.replace(b"\0", b"0")), tags=Tags(title=title))
    with (
        LibraryStore.open(at(tmp_path / "one.db"), create=True) as one,
        LibraryStore.open(at(tmp_path / "two.db"), create=True) as two,
    ):
        put(one, [record])
        export_library(one, tmp_path / "x.jsonl")
        assert import_library(two, tmp_path / "x.jsonl") == LibraryImport(1)
        assert list(two.records()) == [record]
        for store in (one, two):
            with store.writing() as transaction:
                transaction.forget_files(record.file.path)
