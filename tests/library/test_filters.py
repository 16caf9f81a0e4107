import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import soundfile
import sqlalchemy as sa

from img2music.errors import UsageError
from img2music.filters import MOST_WISHES, TrackFilter
from img2music.library.store import LibraryStore
from img2music.music.audio.analyzer import analyze_track
from img2music.track import Tags
from tests.support.songs import library, make_record, make_song, put, record, song


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (TrackFilter(), "abc"),
        (TrackFilter(genre=("rock",)), "a"),
        (TrackFilter(genre=("rock", "jazz")), "ab"),
        (TrackFilter(artist=("BJ\u00d6RK",)), "a"),
        (TrackFilter(artist=("bjo\u0308rk",)), "a"),
        (TrackFilter(genre=("%",)), ""),
        (TrackFilter(year=(1990, 1999)), "a"),
        (TrackFilter(year=(None, None)), "ab"),
        (TrackFilter(year=(2000, None)), "b"),
        (TrackFilter(tempo=(None, 120)), "ab"),
        (TrackFilter(duration=(200, 200)), "abc"),
        (TrackFilter(instrumental=True), "a"),
        (TrackFilter(instrumental=False), "bc"),
        (TrackFilter(key=(2, None)), "ab"),
        (TrackFilter(key=(2, 1)), "b"),
        (TrackFilter(file=True), "abc"),
        (TrackFilter(file=False), ""),
        (TrackFilter(not_genre=("rock", "blues")), "bc"),
        (TrackFilter(not_artist=("BJO\u0308RK", "x")), "c"),
        (TrackFilter(artist=("x",), not_album=("live",)), "b"),
        (TrackFilter(folder=("/",), not_folder=("/a",)), "abc"),
        (TrackFilter(label="ecm"), "b"),
        (TrackFilter(not_label="ECM"), "ac"),
    ],
)
def test_what_a_filter_means(tmp_path, where, expected, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(
            store,
            [
                make_record("/a", tags=Tags(artist="Bj\u00f6rk", genre="Indie Rock", year=1999), instrumentalness=0.5),
                make_record(
                    "/b",
                    tags=Tags(artist="x", genre="Jazz", year=2000, label="ECM Records"),
                    mode=1,
                    instrumentalness=0.4,
                ),
                make_record("/c", tags=Tags(), tempo=None, key=None, mode=None, instrumentalness=0.0),
            ],
        )
        assert "".join(track.path[1:] for track in store.tracks(where=where)) == expected


def test_as_much_as_may_be_asked_for_can_be_asked(tmp_path, at):
    texts = [f"{number:\u0390<500}" for number in range(MOST_WISHES)]  # a letter that is three when it is folded
    folders = [f"/music/{number}" for number in range(MOST_WISHES)]
    names = [field.name for field in fields(TrackFilter) if field.metadata["kind"] == "text"]
    wanted = dict.fromkeys(names, texts) | {"folder": folders, "not_folder": folders}
    where = TrackFilter(
        **wanted, year="1000-2999", tempo="0-999", duration="0-", key="C", instrumental=True, speech=False
    )
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, [make_record("/music/0/a", tags=Tags(title="b " * 250))])
        assert list(store.tracks(where=where)) == []
        assert len(store.search("b " * 250, after=0, limit=2)) == 1
        with pytest.raises(UsageError, match="501 characters"):
            store.search("b" * 501, after=0, limit=2)


def test_folders(tmp_path, at):
    paths = ["/m/a.mp3", "/m/pop/b.mp3", "/m/pop-rock/c.mp3", "/m/pop/live/d.mp3", os.fsdecode(b"/m/pop/\xff/e.mp3")]
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, (make_record(path) for path in paths))
        with store.writing() as transaction:
            transaction.put_songs([make_song("spotify:f", tags=Tags(title="f"))])

        def found(**where):
            tracks = store.tracks(where=TrackFilter(**where))
            return "".join(sorted(Path(track.path).stem if track.path else track.title for track in tracks))

        assert found(folder=("/m/pop",)) == found(folder=("/m/pop/",)) == "bde"
        assert found(folder=("/m/pop/live", "/m/pop-rock")) == "cd"
        assert found(folder=("/m",), not_folder=("/m/pop",)) == "ac"
        assert found(not_folder=("/m/pop",)) == "acf"


def test_a_folder_is_known_by_the_name_of_a_link_to_it(tmp_path, at):
    (tmp_path / "music").mkdir()
    (tmp_path / "link").symlink_to("music")
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, [make_record(str(tmp_path / "music" / "a.mp3"))])
        assert len(store.ids(TrackFilter(folder=[tmp_path / "link"]))) == 1
        assert len(store.ids(TrackFilter(not_folder=[tmp_path / "link"]))) == 0


# Readings of the analyzer: speech by espeak-ng, alone and over music; noise by synthesis; pieces of Emotify.
HEARD = {
    "speech": (
        {"speechiness": 0.49, "tempo": None, "energy": 0.23, "acousticness": 0.7, "instrumentalness": 0.39},
        {"speechiness": 0.69, "tempo": 146.0, "energy": 0.06, "acousticness": 0.9, "instrumentalness": 0.08},
        {"speechiness": 0.41, "tempo": 72.0, "energy": 0.35, "acousticness": 0.88, "instrumentalness": 0.29},
        {"genre": "Audiobook", "speechiness": 0.15},
    ),
    "noise": (
        {"speechiness": 0.13, "tempo": 113.0, "onset_rate": 0.0, "instrumentalness": 0.88},
        {"speechiness": 0.24, "tempo": 150.0, "onset_rate": 4.9, "raw_valence": 0.0, "instrumentalness": 0.83},
        {"speechiness": 0.22, "tempo": None, "onset_rate": 6.4, "raw_valence": 0.18, "instrumentalness": 0.86},
        {"speechiness": 0.23, "tempo": 63.1, "onset_rate": 1.8, "raw_valence": 0.08, "instrumentalness": 0.73},  # birds
        {"speechiness": 0.3, "tempo": 98.4, "onset_rate": 6.5, "raw_valence": 0.07, "instrumentalness": 0.86},  # hooves
    ),
    "short": ({"duration": 4.9}, {"duration": 2.0, "speechiness": 0.87, "tempo": None}),
    "music": (
        {"speechiness": 0.06, "tempo": 174.0, "onset_rate": 0.03, "energy": 0.0},
        {"speechiness": 0.07, "tempo": None, "acousticness": 0.97},
        {"speechiness": 0.08, "tempo": 83.3, "onset_rate": 0.0, "raw_valence": 0.05, "instrumentalness": 0.89},
        {"speechiness": 0.4, "tempo": 146.0, "energy": 0.49, "acousticness": 0.49},
        {"speechiness": 0.79, "tempo": 90.0, "energy": 0.32, "acousticness": 0.65},  # a voice over drums and bass
        {"speechiness": 0.6, "tempo": None, "energy": 0.2, "genre": "Hip-Hop"},
        {"duration": 5.0},
    ),
}


def test_what_is_no_music_is_found_by_an_index(tmp_path, at):
    asked = []
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        sa.event.listen(store._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        store.unmusical()
        questions = asked[-3:]
        with store._engine.connect() as connection:
            explain = "EXPLAIN QUERY PLAN"
            if connection.dialect.name == "postgresql":  # which reads small tables whole, whatever index there is
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                explain = "EXPLAIN"
            for kind, question in zip(("speech", "noise", "short"), questions, strict=True):
                plan = connection.exec_driver_sql(f"{explain} {question}").all()
                assert f"ix_tracks_{kind}" in str(plan)


def test_what_a_track_is(tmp_path, at):
    records = [
        record(f"/{kind}/{number}.mp3", 0.5, 0.5, **readings)
        for kind, examples in HEARD.items()
        for number, readings in enumerate(examples)
    ]
    table = [song("a", 0.5, 0.5), song("b", 0.5, 0.5, duration=None), song("c", 0.5, 0.5, duration=3.0)]
    with library(at(tmp_path / "library.db"), records, table) as store:
        for track in store.tracks(where=TrackFilter(file=True)):
            assert track.kind == Path(track.path).parent.name, track.path
        assert [track.kind for track in store.tracks(where=TrackFilter(file=False))] == ["music", "music", "short"]
        assert {track.kind for track in store.tracks(where=TrackFilter(speech=False))} == {"music"}
        assert len(list(store.tracks(where=TrackFilter(speech=True)))) == len(records) + len(table)
        assert sum(map(len, store.unmusical().values())) == 12


@pytest.mark.parametrize("beat", [False, True])
def test_noise_is_told_from_music_by_the_analyzer(tmp_path, beat, at):
    time = np.arange(8 * 22_050) / 22_050
    sound = 0.2 * np.random.default_rng(5).standard_normal(len(time))
    if beat:
        sound = 0.1 * sound * (time % 0.5 < 0.05) + 0.3 * np.sin(2 * np.pi * 220 * time) * np.exp(-4 * (time % 0.5))
    soundfile.write(tmp_path / "a.wav", sound, 22_050)
    measured = make_record(str(tmp_path / "a.wav"), analysis=analyze_track(tmp_path / "a.wav"))
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as store:
        put(store, [measured])
        assert [track.kind for track in store.tracks()] == ["music" if beat else "noise"]


def test_genres_that_contain_a_text_are_those_of_tracks_that_are_there(tmp_path, at):
    genres = ["Jazz", "Acid JAZZ; Funk", "100%", "Rock", None, "Lost Jazz"]
    records = [record(f"/{number}.mp3", 0.5, 0.5, genre=genre) for number, genre in enumerate(genres)]
    with library(at(tmp_path / "library.db"), records, []) as store:
        with store.writing() as transaction:
            transaction.mark([6], missing=True)
        for wish, expected in (("jazz", [1, 2]), (["funk", "rock"], [2, 4]), ("0%", [3]), ("_", []), ("soul", [])):
            assert store.ids(TrackFilter(genre=wish)).tolist() == expected
        assert [track.id for track in store.tracks(where=TrackFilter(genre="jazz"), missing=True)] == [1, 2, 6]
        assert store.counts("genre") == {"100%": 1, "Acid JAZZ; Funk": 1, "Jazz": 1, "Rock": 1}
