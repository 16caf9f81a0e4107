"""Playlists that are kept in a library by name."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import img2music
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from tests.conftest import Locations
from tests.support.songs import put, record


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[img2music.Library]:
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        put(opened._store, (record(f"/music/{i}.mp3", 0.1 * i, 0.5, title=f"Song {i}") for i in range(1, 7)))
        yield opened


def ids(found: object) -> list[int]:
    return [song.track.id for song in found.songs]


def test_it_is_kept_with_passages_and_read_by_name_or_number(library: img2music.Library) -> None:
    found = library.recommend(valence=0.3, arousal=0.5, top=3)
    kept = library.playlists.save("Evening", found.matches)
    assert ids(kept) == [match.track.id for match in found.matches]
    assert [song.passage for song in kept.songs] == [match.passage for match in found.matches]
    assert library.playlists.read("Evening") == library.playlists.read(kept.id) == kept
    (listed,) = library.playlists.list().playlists
    assert (listed.name, listed.songs, listed.covers) == ("Evening", 3, tuple(ids(kept)))


def test_a_known_name_is_replaced_only_where_that_is_meant(library: img2music.Library) -> None:
    first = library.playlists.save("Evening", [1, 2])
    with pytest.raises(UsageError, match="There is a playlist Evening already"):
        library.playlists.save("Evening", [3])
    assert library.playlists.read("Evening") == first
    second = library.playlists.save("Evening", [3], replace=True)
    assert (second.id, ids(second), second.created) == (first.id, [3], first.created)
    assert second.updated > first.updated


def test_what_was_changed_elsewhere_is_not_overwritten(library: img2music.Library) -> None:
    seen = library.playlists.save("Evening", [1, 2])
    library.playlists.change("Evening", songs=[2, 1], seen=seen.updated)
    with pytest.raises(UsageError, match="changed elsewhere"):
        library.playlists.change("Evening", songs=[3], seen=seen.updated)
    assert ids(library.playlists.read("Evening")) == [2, 1]
    renamed = library.playlists.change("Evening", name="Night")
    assert (renamed.name, ids(renamed)) == ("Night", [2, 1])


def test_of_many_at_once_one_wins_and_the_others_are_told(library: img2music.Library) -> None:
    seen, told = library.playlists.save("Evening", [1]), []

    def change(song: int) -> None:
        try:
            library.playlists.change(seen.id, songs=[song], seen=seen.updated)
        except UsageError as error:
            told.append(str(error))

    threads = [threading.Thread(target=change, args=(song,)) for song in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 5
    assert len(library.playlists.read(seen.id).songs) == 1


@pytest.mark.parametrize(
    ("name", "songs", "words"),
    [
        ("", [1], "`name` must be"),
        (" a", [1], "`name` must be"),
        ("a\0b", [1], "`name` must be"),
        ("\udcff", [1], "`name` must be"),
        ("x" * 101, [1], "`name` must be"),
        ("a", [99], "no song #99"),
        ("a", [1, 2, 1], "#1 is there twice"),
    ],
)
def test_nothing_wrong_is_kept(name: str, songs: list[int], words: str, library: img2music.Library) -> None:
    with pytest.raises(UsageError, match=words):
        library.playlists.save(name, songs)
    assert library.playlists.list().playlists == []


@pytest.mark.parametrize("name", ["👨‍👩‍👧 family", "می‌خواهم", "비 오는 날", "\u200fשלם"])
def test_names_of_all_languages_are_names(name: str, library: img2music.Library) -> None:
    library.playlists.save(name, [1])
    assert [each.name for each in library.playlists.list().playlists] == [name]


def test_passages_that_end_before_they_start_are_refused(library: img2music.Library) -> None:
    song = library.playlists.save("a", [1]).songs[0]
    wrong = img2music.app.playlists.PlaylistSong(song.track, Passage(20.0, 10.0))
    with pytest.raises(UsageError, match="`start` must be before `end`"):
        library.playlists.change("a", songs=[wrong])
    assert library.playlists.read("a").songs == (song,)


def test_songs_that_are_missing_stay_and_are_left_out_of_files(library: img2music.Library, tmp_path: Path) -> None:
    library.playlists.save("Evening", [1, 2])
    put(library._store, [record("/music/2.mp3", 0.2, 0.5, title="Song 2", missing=True)])
    found = library.playlists.read("Evening")
    assert [song.track.missing for song in found.songs] == [False, True]
    found.save(tmp_path / "evening.m3u8")
    assert (tmp_path / "evening.m3u8").read_text().splitlines()[2:] == ["/music/1.mp3"]
    found.save(tmp_path / "evening.xspf")
    assert "<title>Evening</title>" in (tmp_path / "evening.xspf").read_text()
    library.prune()
    assert ids(library.playlists.read("Evening")) == [1]


def test_one_that_is_gone_is_told(library: img2music.Library, tmp_path: Path) -> None:
    kept = library.playlists.save("Evening", [])
    with pytest.raises(UsageError, match="no song that is there"):
        kept.save(tmp_path / "evening.m3u8")
    library.playlists.delete("Evening")
    for call in (library.playlists.read, library.playlists.delete):
        with pytest.raises(UsageError, match="has no playlist Evening; it has none yet"):
            call("Evening")
        with pytest.raises(UsageError, match="has no playlist #1"):
            call(kept.id)


def test_an_order_in_which_neighbours_feel_alike(library: img2music.Library) -> None:
    assert [song.track.id for song in library.playlists.smooth([1, 5, 3, 6, 2, 4])] == [1, 2, 3, 4, 5, 6]
