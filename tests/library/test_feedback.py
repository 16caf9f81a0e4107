"""What people say is kept: laws of the store."""

import csv
import dataclasses
import io
import json
import os

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from img2music.affect import Affect
from img2music.app.feedback import FeedbackList
from img2music.errors import InputError, UsageError
from img2music.library.exchange import export_library, import_library
from img2music.library.feedback import csv_columns
from img2music.library.record import Feedback, FeedbackKind, JudgedPicture, JudgedTrack
from img2music.library.schema import feedback
from img2music.library.store import LibraryStore
from img2music.shapes import from_dict
from tests.support.songs import put, record

unit = st.floats(0.0, 1.0)
affects = st.builds(Affect, unit, unit)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
paths = st.binary(min_size=1, max_size=12).map(lambda name: os.fsdecode(b"/" + name.replace(b"\0", b"0")))
maybe = st.none() | texts
judged_tracks = st.builds(
    JudgedTrack,
    path=st.none() | paths,
    identifier=maybe,
    title=maybe,
    artist=maybe,
    genre=maybe,
    duration=st.none() | st.floats(0.0, 1e4),
    content=maybe,
    sound=maybe,
    affect=affects,
    model=texts,
)
judged_pictures = st.builds(JudgedPicture, path=paths, content=texts, affect=affects, model=texts)
MOMENT = "2026-05-04T10:20:30.400Z"


def said(kind: FeedbackKind, **of: object) -> Feedback:
    return Feedback(id=0, person="me", said=MOMENT, kind=kind, **of)


entries = st.one_of(
    st.builds(said, st.just(FeedbackKind.AFFECT), affect=affects, track=judged_tracks),
    st.builds(
        said, st.just(FeedbackKind.AFFECT), affect=affects, picture=judged_pictures, position=st.none() | affects
    ),
    st.builds(said, st.sampled_from([FeedbackKind.LIKE, FeedbackKind.NEVER]), track=judged_tracks),
    st.builds(
        said, st.sampled_from([FeedbackKind.FITS, FeedbackKind.UNFIT]), track=judged_tracks, picture=judged_pictures
    ),
)


def without_ids(found: list[Feedback]) -> list[Feedback]:
    return [dataclasses.replace(each, id=0) for each in found]


def judged(path: str = "/a.mp3", **of: object) -> JudgedTrack:
    unknown = dict.fromkeys(("identifier", "title", "artist", "genre", "duration", "content", "sound"))
    return JudgedTrack(**{"path": path, **unknown, "affect": Affect(0.5, 0.5), "model": "audio/1", **of})


@pytest.fixture(scope="module")
def store(tmp_path_factory, places):
    with LibraryStore.open(places(tmp_path_factory.mktemp("feedback") / "library.db"), create=True) as opened:
        yield opened


def say(store: LibraryStore, given: list[Feedback]) -> list[int]:
    with store.writing() as transaction:
        return transaction.add_feedback(given)


def take_back(store: LibraryStore, ids: list[int]) -> None:
    with store.writing() as transaction:
        for each in ids:
            transaction.remove_feedback(each)


@settings(max_examples=25, deadline=None)
@given(given=st.lists(entries, max_size=3))
def test_what_was_said_comes_back_from_the_library_and_from_json(store, given):
    ids = say(store, given)
    found = store.feedback()
    assert without_ids(found) == given
    read = from_dict(json.loads(FeedbackList(feedback=found).to_json()), FeedbackList, "f.json")
    assert read.feedback == found
    rows = list(csv.DictReader(io.StringIO(FeedbackList(feedback=found).to_csv(), newline="")))
    assert [row["kind"] for row in rows] == [str(each.kind) for each in found]
    take_back(store, ids)


@settings(max_examples=15, deadline=None)
@given(given=st.lists(entries, min_size=1, max_size=3), last=entries)
def test_what_is_taken_back_was_never_said(store, given, last):
    ids = say(store, given)
    before = store.feedback()
    take_back(store, say(store, [last]))
    assert store.feedback() == before
    take_back(store, ids)
    assert store.feedback() == []


def test_export_and_import_of_a_library_keep_it_and_say_nothing_twice(tmp_path, at):
    given = [
        said(FeedbackKind.NEVER, track=judged(os.fsdecode(b"/\xff.mp3"), content="c")),
        said(FeedbackKind.AFFECT, affect=Affect(0.1, 0.2), track=judged(title="\u1234", identifier="spotify:a")),
    ]
    with (
        LibraryStore.open(at(tmp_path / "one.db"), create=True) as one,
        LibraryStore.open(at(tmp_path / "two.db"), create=True) as two,
    ):
        with one.writing() as transaction:
            transaction.add_feedback(given)
        export_library(one, tmp_path / "one.jsonl")
        for _ in range(2):
            assert import_library(two, tmp_path / "one.jsonl").errors == []
            assert without_ids(two.feedback()) == given


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "like"},
        {"kind": "affect", "track": {}},
        {"person": ""},
        {"said": "yesterday"},
        {"kind": "never", "affect": {"valence": 0.1, "arousal": 0.2}},
        {"track": {"path": "/\ud800"}},
        {"track": {"title": "half \ud83d"}},
        {"track": {"title": "\0"}},
        {"track": {"affect": {"valence": 2, "arousal": 0}}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong, tmp_path, at):
    good = json.loads(FeedbackList(feedback=[said(FeedbackKind.LIKE, track=judged())]).to_json())["feedback"][0]
    del good["picture"]
    bad = {**good, **wrong}
    bad["track"] = {**good["track"], **wrong["track"]} if wrong.get("track") else None
    with pytest.raises(InputError):
        from_dict({"schema": "img2music/feedback/1", "feedback": [bad]}, FeedbackList, "f.json")
    lines = [{"schema": "img2music/library/1"}, {"feedback": bad}, {"feedback": good}]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        assert len(import_library(store, tmp_path / "l.jsonl").errors) == 1
        assert len(store.feedback()) == 1


def test_a_track_is_known_by_what_is_in_it_or_as_the_same_recording(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(
            store,
            [
                record("/a.mp3", 0.5, 0.5, content="c", sound="s", title="Blue", artist="Nina"),
                record("/a.flac", 0.5, 0.5, content="d", title="BLUE ", artist="nina", duration=181.0),
                record("/live.mp3", 0.5, 0.5, content="e", title="Blue", artist="Nina", duration=300.0),
                record("/gone.mp3", 0.5, 0.5, content="f", missing=True),
                record("/1.mp3", 0.5, 0.5, content="g", title="Blue", artist="Unknown Artist"),
            ],
        )
        asked = [
            judged("/elsewhere.mp3", content="c"),
            judged(sound="s"),
            judged(title="Blue", artist="Nina", duration=180.0),
            judged(content="f"),
            judged(title="Blue", artist="Unknown Artist"),
            judged("/a.mp3"),
        ]
        names = {track.id: track.path for track in store.tracks(missing=True)}
        found = [[names[each] for each in ids] for ids in store.judged(asked)]
    assert found == [["/a.mp3"], ["/a.mp3"], ["/a.mp3", "/a.flac"], [], [], []]


def test_it_follows_a_file_whose_bytes_change_while_its_sound_stays(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, [record("/a.wav", 0.5, 0.5, content="old", sound="old")])
        ((track, known),) = store.same_content("old")
        with store.writing() as transaction:
            transaction.add_feedback([said(FeedbackKind.NEVER, track=judged(content="old", sound="old"))])
            transaction.put_file(track, known.file, "new")
        assert store.judged([store.feedback()[0].track]) == [[track]]


def test_its_table_is_made_on_postgresql_too():
    made = str(sa.schema.CreateTable(feedback).compile(dialect=postgresql.dialect()))
    assert "id BIGSERIAL NOT NULL" in made
    assert csv_columns()[1] == "person"


def test_nothing_is_said_of_nothing():
    with pytest.raises(UsageError):
        said(FeedbackKind.FITS, track=judged())
