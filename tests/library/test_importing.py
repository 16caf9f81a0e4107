"""Songs of a table in the library."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.cli.tables import SHOWN_PROBLEMS, told_problems
from img2music.connectors.tables import SongTable, read_songs
from img2music.errors import Cancelled, InputError
from img2music.filters import TrackFilter
from img2music.library import importing
from img2music.library.importing import identify, import_table, merge, table_source
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.library.upkeep import prune, verify
from img2music.music.song import Song
from img2music.options import ScanOptions
from img2music.progress import Step
from tests.support.songs import make_record, put

HEADER = "track_id,title,artist,album,genre,valence,energy,key"
IDS = tuple(f"{number:022}" for number in range(3))
FILE = Path("songs.csv")


@pytest.fixture
def store(tmp_path, at):
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


def table(folder: Path, *rows: str) -> SongTable:
    path = folder / "songs.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_songs(path)


def test_a_song_has_the_affect_of_its_columns(store, tmp_path):
    report = import_table(store, FILE, table(tmp_path, f"{IDS[0]},Jóga,Björk,Homogenic,pop,0.25,0.75,3"))
    assert (report.new, report.updated, report.duplicates, report.left_out, report.problems) == (1, 0, 0, 0, [])
    (track,) = store.tracks()
    assert (track.path, track.content, track.identifier) == (None, None, f"spotify:{IDS[0]}")
    assert (track.shown_title, track.artist, track.album, track.genre) == ("Jóga", "Björk", "Homogenic", "pop")
    assert track.affect == Affect(0.25, 0.75)
    assert (track.features.key, track.features.valence, track.features.tempo) == (3, 0.25, None)
    assert (track.duration, track.missing, track.analyzer) == (None, False, "table/1")
    assert store.curves([track.id]) == {}
    assert store.faults() == []


def test_rows_of_one_song_are_merged(store, tmp_path):
    found = table(
        tmp_path,
        f"{IDS[0]},A,B,,pop,0.1,0.2,",
        f"{IDS[0]},other,B,C,rock,0.3,0.4,5",
        f"{IDS[0]},A,B,,pop,0.1,0.2,",
        f"{IDS[1]},A,B,,pop,0.5,0.6,",
        ",STRASSE,B,,,0.1,0.2,",
        ",stra\u00dfe ,b,X,jazz,0.1,0.2,",
        ",Intro,,X,,0.1,0.2,",
        ",Intro,,Y,,0.1,0.2,",
    )
    report = import_table(store, FILE, found)
    assert (report.rows, report.new, report.duplicates) == (8, 5, 3)
    first, _, third, *_ = store.tracks()
    assert (first.title, first.album, first.genre, first.affect) == ("A", "C", "pop; rock", Affect(0.1, 0.2))
    assert first.features.key == 5
    assert (third.title, third.album, third.genre) == ("STRASSE", "X", "jazz")


def test_a_title_alone_names_no_song(store, tmp_path):
    rows = (",Hello,,,,0.1,0.2,", ",Hello,Unknown Artist,,,0.3,0.4,", ",Hello,,,,0.5,0.6,", ",Hello,,,,0.1,0.2,")
    report = import_table(store, FILE, table(tmp_path, *rows))
    assert (report.new, report.duplicates) == (3, 1)  # the last row is the first once more
    report = import_table(store, FILE, table(tmp_path, *reversed(rows)))
    assert (report.new, report.updated) == (0, 3)
    report = import_table(store, FILE, table(tmp_path, ",Hello,,,,0.7,0.8,"))
    assert (report.new, store.count()) == (1, 4)


def test_importing_again_keeps_ids_and_brings_up_to_date(store, tmp_path):
    import_table(store, FILE, table(tmp_path, f"{IDS[0]},A,B,,pop,0.1,0.2,", ",C,D,,,0.1,0.2,"))
    before = {track.title: track.id for track in store.tracks()}
    again = table(tmp_path, ",E,F,,,0.1,0.2,", ",c,d,,,0.9,0.8,4", f"{IDS[0]},A,B,,rock,0.1,0.2,")
    report = import_table(store, FILE, again)
    assert (report.new, report.updated) == (1, 2)
    after = {track.title: track for track in store.tracks()}
    assert (after["A"].id, after["c"].id) == (before["A"], before["C"])
    assert (after["A"].genre, after["c"].affect, after["c"].features.key) == ("rock", Affect(0.9, 0.8), 4)
    columns = store.columns(("id", "valence"))
    assert dict(zip(columns["id"], columns["valence"], strict=True))[after["c"].id] == 0.9
    assert store.faults() == []


def test_songs_without_an_affect_are_left_out_and_told(store, tmp_path):
    found = table(tmp_path, ",A,B,,,0.1,0.2,", ",C,D,,,,0.2,", ",E,F,,,loud,,", ",G,H,,,0.1,0.2,12")
    report = import_table(store, FILE, found)
    assert [track.title for track in store.tracks()] == ["A", "G"]
    assert [str(problem) for problem in report.problems] == [
        "line 3: has no valence; left out",
        "line 4, column valence: 'loud' is no number",
        "line 4: has no valence and no energy; left out",
        "line 5, column key: '12' is no key (0 = C to 11 = B)",
    ]
    assert (report.left_out, report.imported) == (2, 2)


def test_a_song_that_only_its_row_tells_keeps_its_name_in_libraries_that_are_there():
    song = Song(row=7, title="Intro", year=1999, energy=0.5, valence=0.25, key=3)
    assert identify(song) == identify(replace(song, row=8, label="x")) == "song:008004f932beda2dce83de6033152805"


def test_only_the_first_problems_are_told_one_by_one(store, tmp_path):
    rows = [f",{number},B,,,0.1,0.2,12" for number in range(SHOWN_PROBLEMS + 5)]
    report = import_table(store, FILE, table(tmp_path, *rows))
    told = told_problems(report)
    assert len(told) == SHOWN_PROBLEMS + 1
    assert str(told[0]) == "songs.csv: line 2, column key: '12' is no key (0 = C to 11 = B)."
    assert str(told[-1]) == "songs.csv: 5 more problems; `format=json` lists them all."
    assert len(report.to_dict()["problems"]) == SHOWN_PROBLEMS + 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title\na\n", r"no column valence and none energy; name it \(`mapping=valence=COLUMN`\), or take"),
        ("title,valence\na,0.5\n", r"no column energy; name it \(`mapping=energy=COLUMN`\)"),
        ("title,valence,energy\na,,0.5\nb,0.5,\n", "no row has both valence and energy"),
    ],
)
def test_a_table_without_any_affect_is_refused(store, tmp_path, text, reason):
    path = tmp_path / "songs.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        import_table(store, path, read_songs(path))
    assert store.count() == 0


def test_a_model_reads_what_columns_do_not_tell(store, tmp_path):
    class ByKey:
        name = "stack/7"

        def predict(self, songs):
            return np.array([(np.nan, 0.5) if song.key is None else (song.key / 11, 0.5) for song in songs])

    report = import_table(store, FILE, table(tmp_path, ",A,B,,,,,11", ",C,D,,,0.1,0.2,"), ByKey())
    assert [str(problem) for problem in report.problems] == ["line 3: lacks what stack/7 needs; left out"]
    (track,) = store.tracks()
    assert (track.affect, track.analyzer, track.features.energy) == (Affect(1.0, 0.5), "stack/7", None)
    with pytest.raises(InputError, match="lack what stack/7 needs"):
        import_table(store, FILE, table(tmp_path, ",C,D,,,0.1,0.2,"), ByKey())


def test_upkeep_leaves_songs_without_a_file_alone(store, tmp_path):
    (tmp_path / "music").mkdir()
    put(store, [make_record(str(tmp_path / "music" / "gone.mp3"))])
    import_table(store, FILE, table(tmp_path, ",A,B,,,0.1,0.2,"))
    report = scan(store, [tmp_path / "music"], ScanOptions(jobs=1))
    assert (report.missing, store.count(), store.count(missing=True)) == (1, 1, 1)
    assert [Path(error.path).name for error in verify(store).files] == ["gone.mp3"]
    assert prune(store) == 1
    assert verify(store, content=True).checked == 0
    assert [track.title for track in store.tracks()] == ["A"]
    found = store.info()
    assert (found.present, found.without_file, found.seconds, found.analyzers) == (1, 1, 0.0, {"table/1": 1})
    assert prune(store, without_file=True, dry_run=True) == 1
    assert prune(store, without_file=True) == 1
    assert (store.count(), store.faults()) == (0, [])


def test_songs_come_after_files_and_filters_tell_them_apart(store, tmp_path):
    import_table(store, FILE, table(tmp_path, ",A,B,,,0.1,0.2,", f"{IDS[0]},C,D,,,0.1,0.2,"))
    put(store, [make_record("/z.mp3"), make_record("/a.mp3")])
    assert [track.path or track.title for track in store.tracks()] == ["/a.mp3", "/z.mp3", "A", "C"]
    assert [track.title for track in store.tracks(where=TrackFilter(file=False))] == ["A", "C"]
    assert [track.path for track in store.tracks(where=TrackFilter(file=True))] == ["/a.mp3", "/z.mp3"]


texts = st.sampled_from([None, "a", "A", "b", "\u00df", "ss", "SS"])
songs = st.builds(
    Song,
    row=st.integers(2, 99),
    title=texts.filter(bool),
    artist=texts,
    album=texts,
    genre=texts,
    year=st.none() | st.integers(1990, 1992),
    identifier=st.none() | st.sampled_from(["spotify:x", "spotify:y"]),
)


@given(st.lists(songs))
def test_merging_loses_no_song_and_makes_none(rows):
    merged = merge(rows)
    identifiers = [identifier for _, identifier in merged]
    assert len(set(identifiers)) == len(identifiers)
    assert set(identifiers) == {identify(row) for row in rows}
    for song, identifier in merged:
        same = [row for row in rows if identify(row) == identifier]
        assert identify(song) == identifier
        assert song.row == same[0].row
        assert song.title == same[0].title
        assert song.year == next((row.year for row in same if row.year is not None), None)
        assert set((song.genre or "").split("; ")) - {""} == {row.genre for row in same if row.genre}
    assert merge([song for song, _ in merged]) == merged


@pytest.mark.parametrize("stop", [2, 4])
def test_an_import_that_was_stopped_goes_on_and_puts_nothing_twice(store, tmp_path, monkeypatch, stop):
    monkeypatch.setattr(importing, "A_BATCH", 2)
    found = table(tmp_path, *(f",Song {number % 7},B,,{number},0.1,0.2," for number in range(8)))
    stored = []

    def watch(step: Step) -> None:
        if step.stage == "Importing":
            stored.append(step.done)
            assert (step.total, store.count()) == (7, step.done)
        if len(stored) == stop:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_table(store, FILE, found, progress=watch)
    assert store.count() == stored[-1] == min(2 * stop, 7)
    report = import_table(store, FILE, found)
    assert (report.new, report.updated, report.duplicates) == (7 - stored[-1], stored[-1], 1)
    assert sorted(track.title for track in store.tracks()) == [f"Song {number}" for number in range(7)]
    assert {track.genre for track in store.tracks(where=TrackFilter(genre="7"))} == {"0; 7"}
    with store.writing() as transaction:
        assert transaction.forget_source(table_source(FILE)) == 7


@pytest.mark.slow
def test_a_killed_import_leaves_a_sound_library(tmp_path, at):
    path, library = tmp_path / "songs.csv", at(tmp_path / "library.db")
    rows = [f",{number},B,,,0.1,0.2," for number in range(20_000)]
    path.write_text("\n".join([HEADER, *rows]))
    with LibraryStore.open(library, create=True) as store:
        put(store, [make_record("/a.mp3")])

    command = [sys.executable, "-m", "img2music", "import", "table", str(path), "--library", str(library)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))
    with LibraryStore.open(library) as store:
        while (before := store.count()) == 1 and running.poll() is None:
            time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    with LibraryStore.open(library) as store:
        assert before <= store.count() < 20_001
        assert store.faults() == []
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=True).returncode == 0
    with LibraryStore.open(library) as store:
        assert store.count() == 20_001
        assert store.faults() == []
