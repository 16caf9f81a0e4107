"""Playlists and likes between a library and a music server."""

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import img2music
from img2music.app.server_exchange import MARK
from img2music.app.server_playlists import ServerPlaylists
from img2music.connectors import registry
from img2music.connectors.music_server import ServerSong
from img2music.errors import UsageError
from img2music.library.playlists import PlaylistEntry
from tests.conftest import Locations
from tests.soundtrack.test_cue_sheet import SHEET
from tests.support import kept_servers
from tests.support.songs import make_song, put, record

COUNT = 12


def song(number: int, **values: Any) -> ServerSong:
    """A song of the server that is the track of this number."""
    path = f"music/Band/Album/{number:02} Song {number}.mp3"
    own = {"title": f"Song {number}", "artist": "Band", "album": "Album", "duration": 180.0 + number, "path": path}
    return ServerSong(id=f"s{number}", **(own | values))


@pytest.fixture
def library(tmp_path: Path, at: Locations, monkeypatch: pytest.MonkeyPatch) -> Iterator[img2music.Library]:
    """Of twelve tracks, of which a server has ten; it has two that are not here."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setitem(registry.MUSIC, kept_servers.KIND, kept_servers.MADE)
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        put(
            opened._store,
            (
                record(
                    f"/home/me/Band/Album/{i:02} Song {i}.flac",
                    0.05 * i,
                    0.5,
                    duration=180.0 + i,
                    title=f"Song {i}",
                    artist="Band",
                    album="Album",
                )
                for i in range(1, COUNT + 1)
            ),
        )
        there = [song(i) for i in range(1, COUNT - 1)]
        there += [song(i, title=f"Elsewhere {i}", path=f"x/{i}.mp3", album="Else") for i in (50, 51)]
        kept_servers.make(tmp_path / "home.json", there)
        yield opened


@pytest.fixture
def home(library: img2music.Library) -> Iterator[ServerPlaylists]:
    with library.playlists.at("home") as server:
        yield server


@pytest.fixture
def kept(tmp_path: Path) -> "Kept":
    return Kept(tmp_path / "home.json")


class Kept:
    """What the server keeps, as somebody else sees and changes it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def playlists(self) -> dict[str, Any]:
        return dict(kept_servers.read(self.file)["playlists"])

    @property
    def liked(self) -> set[str]:
        return {each["id"] for each in kept_servers.read(self.file)["songs"] if each["liked"]}

    def add(self, id_: str, name: str, songs: list[str], **more: Any) -> None:
        found = kept_servers.read(self.file)
        found["playlists"][id_] = {"name": name, "comment": "", "songs": songs, **more}
        kept_servers.write(self.file, found)

    @property
    def steps(self) -> int:
        return int(kept_servers.read(self.file)["steps"])

    def rename(self, old: str, new: str) -> None:
        """Give a playlist another name, where that is its id."""
        found = kept_servers.read(self.file)
        found["playlists"][new] = {**found["playlists"].pop(old), "name": new}
        kept_servers.write(self.file, found)

    def change(self, id_: str, **values: Any) -> None:
        found = kept_servers.read(self.file)
        found["playlists"][id_].update(values)
        kept_servers.write(self.file, found)

    def remove(self, id_: str) -> None:
        found = kept_servers.read(self.file)
        del found["playlists"][id_]
        kept_servers.write(self.file, found)

    def songs(self, songs: list[ServerSong]) -> None:
        found = kept_servers.read(self.file)
        found["songs"] = [dataclasses.asdict(each) for each in songs]
        kept_servers.write(self.file, found)

    def plan(self, **plan: Any) -> None:
        found = kept_servers.read(self.file)
        found["plan"] = plan
        kept_servers.write(self.file, found)


def ids(*numbers: int) -> list[str]:
    return [f"s{number}" for number in numbers]


def tracks(library: img2music.Library, name: str) -> list[int]:
    return [each.track.id for each in library.playlists.read(name).songs]


# To the server


def test_a_playlist_is_made_there_and_renewed_in_place(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Evening", [3, 1, 11, 2])
    pushed = home.push("Evening")
    assert (pushed.done, pushed.name, [each.song for each in pushed.matched]) == ("made", "Evening", ids(3, 1, 2))
    assert {each.how for each in pushed.matched} == {"path"}
    (lost,) = pushed.left_out
    assert (lost.track, lost.name) == (11, "Song 11 - Band")
    ((id_, there),) = kept.playlists.items()
    assert (id_, there["name"], there["songs"]) == (pushed.id, "Evening", ids(3, 1, 2))
    assert MARK.search(there["comment"])

    assert home.push("Evening").done == "unchanged"
    library.playlists.change("Evening", songs=[4, 3, 1], name="Night")
    again = home.push("Night")
    assert (again.done, again.id, again.notes) == ("renewed", id_, ())
    assert kept.playlists == {id_: there | {"name": "Night", "songs": ids(4, 3, 1)}}


def test_the_songs_of_a_cue_sheet_are_written_each_once(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    cues = [
        replace(cue, track=replace(cue.track, path=f"/home/me/Band/Album/{i:02} Song {i}.flac"))
        for cue, i in zip(SHEET.cues, (4, 2), strict=True)
    ]
    sheet = replace(SHEET, cues=tuple(cues))
    pushed = home.write("My film", sheet)
    assert (kept.playlists[pushed.id or ""]["name"], kept.playlists[pushed.id or ""]["songs"]) == ("My film", ids(4, 2))
    songs = library.playlists.read("My film").songs
    assert [(song.track.id, song.passage) for song in songs] == [(4, cues[0].passage), (2, cues[1].passage)]
    assert home.write("My film", sheet).done == "unchanged"
    with pytest.raises(UsageError, match="which the cue sheet names"):
        home.write("My film", SHEET)


def test_a_dry_run_tells_and_does_nothing(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    library.playlists.save("Evening", [3, 12])
    told = home.push("Evening", dry_run=True)
    assert (told.done, told.id, [each.song for each in told.matched]) == ("made", None, ids(3))
    assert [each.track for each in told.left_out] == [12]
    assert kept.playlists == {}
    assert home.push("Evening").done == "made"


def test_nothing_of_others_is_written_into(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    kept.add("theirs", "evening", ids(7), comment="mine!")
    library.playlists.save("Evening", [1])
    with pytest.raises(UsageError, match="has a playlist evening that this library did not make"):
        home.push("Evening")
    named = home.push("Evening", name="Evening by img2music")
    assert kept.playlists["theirs"] == {"name": "evening", "comment": "mine!", "songs": ids(7)}
    assert (named.done, kept.playlists[named.id or ""]["songs"]) == ("made", ids(1))
    library.playlists.save("evening", [2])
    taken = home.push("evening", take_over=True)
    assert (taken.id, kept.playlists["theirs"]["songs"]) == ("theirs", ids(2))
    assert kept.playlists["theirs"]["comment"].startswith("mine! img2music:")


def test_an_empty_one_and_one_of_which_nothing_is_there_are_refused(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Empty", [])
    library.playlists.save("Here", [11, 12])
    with pytest.raises(UsageError, match="has no songs"):
        home.push("Empty")
    with pytest.raises(UsageError, match="home has no song of the playlist Here"):
        home.push("Here")
    with pytest.raises(UsageError, match="no playlist Nowhere"):
        home.push("Nowhere")
    assert kept.playlists == {}


def test_what_somebody_changed_there_is_not_lost(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    library.playlists.save("Evening", [1, 2, 3])
    id_ = home.push("Evening").id or ""
    kept.change(id_, songs=ids(1, 9, 3))
    with pytest.raises(UsageError, match="songs added: 1, removed: 1: pull it"):
        home.push("Evening")
    assert kept.playlists[id_]["songs"] == ids(1, 9, 3)
    assert home.push("Evening", dry_run=True).needs == ("overwrite",)
    home.pull("Evening")
    assert tracks(library, "Evening") == [1, 9, 3]
    assert home.push("Evening").done == "unchanged"
    kept.change(id_, songs=ids(9, 1, 3))
    with pytest.raises(UsageError, match="another order"):
        home.push("Evening")
    assert home.push("Evening", overwrite=True).done == "renewed"
    assert kept.playlists[id_]["songs"] == ids(1, 9, 3)


def test_a_name_and_a_comment_that_somebody_gave_it_there_stay(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Evening", [1, 2])
    id_ = home.push("Evening").id or ""
    kept.change(id_, name="My evening", comment=f"{kept.playlists[id_]['comment']} and my words")
    library.playlists.change("Evening", songs=[2, 1])
    told = home.push("Evening")
    assert "renamed at home, to My evening" in told.notes[0]
    there = kept.playlists[id_]
    assert (there["name"], there["songs"]) == ("My evening", ids(2, 1))
    assert there["comment"].endswith("and my words")
    kept.change(id_, comment="no mark any more")
    library.playlists.change("Evening", name="Night")
    assert home.push("Night").done == "renewed"
    there = kept.playlists[id_]
    assert there["name"] == "Night"
    assert there["comment"].startswith("no mark any more img2music:")


def test_one_that_was_deleted_there_is_made_anew_and_told(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Evening", [1, 2])
    kept.remove(home.push("Evening").id or "")
    assert home.compare("Evening").notes == ("It was deleted at home.",)
    again = home.push("Evening")
    assert (again.done, again.notes) == ("made", ("The playlist was deleted at home; it is made anew.",))
    assert len(kept.playlists) == 1


def test_one_whose_id_is_another_is_known_by_its_mark(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Evening", [1, 2])
    id_ = home.push("Evening").id or ""
    there = kept.playlists[id_]
    kept.remove(id_)
    kept.add("restored", name=there["name"], songs=there["songs"], comment=there["comment"])
    library.playlists.change("Evening", songs=[2])
    assert (home.push("Evening").id, [*kept.playlists]) == ("restored", ["restored"])


def test_a_server_that_stores_less_than_it_is_sent_is_told(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.plan(lies=ids(2, 4))
    library.playlists.save("Evening", [1, 2, 3, 4])
    told = home.push("Evening")
    assert told.notes == ("home stored 2 of 4 songs, without Song 2 - Band, Song 4 - Band: look there for why.",)
    kept.plan()
    assert home.push("Evening").notes == ()  # what it stored is no change by somebody
    assert kept.playlists[told.id or ""]["songs"] == ids(1, 2, 3, 4)


def test_where_names_are_ids_and_there_are_no_comments(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.plan(names=True)
    library.playlists.save("Evening", [1, 2])
    id_ = home.push("Evening").id
    assert home.push("Evening").done == "unchanged"
    library.playlists.change("Evening", songs=[2, 1])
    assert (home.push("Evening").id, len(kept.playlists)) == (id_, 1)
    (listed,) = home.list().playlists
    assert (listed.ours, listed.playlist) == (True, "Evening")
    library.playlists.change("Evening", name="Night")
    assert (home.push("Night").id, [*kept.playlists]) == ("Night", ["Night"])
    kept.add("Evening", "Evening", ids(9))
    library.playlists.change("Night", name="Evening")
    with pytest.raises(UsageError, match="has a playlist Evening that this library did not make"):
        home.push("Evening")
    assert kept.playlists["Evening"]["songs"] == ids(9)


def test_where_names_are_ids_a_renamed_one_is_known_by_its_songs(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.plan(names=True)
    kept.add("Theirs", "Theirs", ids(1, 2))  # the same songs, but not new
    library.playlists.save("Evening", [1, 2])
    library.playlists.save("Other", [2, 1])
    home.push("Evening")
    home.push("Other")
    kept.remove("Evening")
    assert home.push("Evening").notes == ("The playlist was deleted at home; it is made anew.",)
    kept.rename("Evening", "Late")
    kept.change("Theirs", songs=ids(2, 1))
    kept.remove("Other")
    assert [(each.name, each.playlist) for each in home.list().playlists] == [("Late", "Evening"), ("Theirs", None)]
    library.playlists.change("Evening", songs=[3, 1])
    assert home.push("Evening").name == "Late"
    assert home.push("Other").done == "made"
    assert {name: each["songs"] for name, each in kept.playlists.items()} == {
        "Late": ids(3, 1),
        "Theirs": ids(2, 1),
        "Other": ids(2, 1),
    }
    kept.rename("Late", "Later")
    assert home.compare("Evening").notes == ("It was renamed at home, to Later.",)
    assert home.pull("Later").playlist == "Later"


def test_songs_are_counted_once_to_tell_whether_that_is_quick_and_for_the_push(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Evening", [1, 2])
    home.push("Evening")
    before = kept.steps
    home.push("Evening")
    alone, before = kept.steps - before, kept.steps
    assert home.ready
    home.push("Evening")
    assert kept.steps - before == alone


def test_a_song_that_lies_at_the_server_is_that_song(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    put(library._store, [record("server://home/s50.mp3", 0.5, 0.5, title="Named otherwise", duration=99.0)])
    library.playlists.save("Evening", [13, 1])
    pushed = home.push("Evening")
    assert [(each.song, each.how) for each in pushed.matched] == [("s50", "server"), ("s1", "path")]
    kept.add("x", "Theirs", ids(50, 2))
    assert [each.track for each in home.pull("Theirs").matched] == [13, 2]


# From the server


def test_a_playlist_is_taken_in_and_renewed_in_place(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.add("p7", "Theirs", ids(5, 50, 2, 5))
    pulled = home.pull("Theirs")
    assert (pulled.done, pulled.playlist, tracks(library, "Theirs")) == ("made", "Theirs", [5, 2])
    assert [(each.song, each.why) for each in pulled.left_out] == [
        ("s50", "nothing in the library is like it"),
        ("s5", "it is #5 once more, and a playlist here holds a song once"),
    ]
    assert home.pull("p7").done == "unchanged"
    kept.change("p7", songs=ids(2, 6), name="Theirs, renamed")
    again = home.pull("Theirs, renamed")
    assert (again.done, again.id) == ("renewed", pulled.id)
    assert tracks(library, "Theirs, renamed") == [2, 6]
    assert kept.playlists == {"p7": {"name": "Theirs, renamed", "comment": "", "songs": ids(2, 6)}}
    with pytest.raises(UsageError, match="was made there, not by img2music"):
        home.push("Theirs, renamed")


def test_passages_and_songs_that_are_here_only_stay(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    entries = [PlaylistEntry(1, 3.0, 9.0), PlaylistEntry(11), PlaylistEntry(2, 1.0, 2.0), PlaylistEntry(3)]
    library._store.playlists.add("Evening", entries)
    id_ = home.push("Evening").id or ""
    kept.change(id_, songs=ids(4, 2, 1))
    pulled = home.pull("Evening")
    assert pulled.kept == 1
    found = library._store.playlists.entries(pulled.id or 0)
    assert found == [PlaylistEntry(4), PlaylistEntry(2, 1.0, 2.0), PlaylistEntry(1, 3.0, 9.0), PlaylistEntry(11)]


def test_what_was_changed_here_is_not_lost(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    library.playlists.save("Evening", [1, 2])
    id_ = home.push("Evening").id or ""
    library.playlists.change("Evening", songs=[1, 2, 3])
    with pytest.raises(UsageError, match="changed here since both were last the same, and not there"):
        home.pull("Evening")
    kept.change(id_, songs=ids(2))
    with pytest.raises(UsageError, match="and there, too"):
        home.pull("Evening")
    assert tracks(library, "Evening") == [1, 2, 3]
    assert home.pull("Evening", overwrite=True).done == "renewed"
    assert tracks(library, "Evening") == [2]


def test_a_name_that_is_taken_here_is_not_overwritten(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    library.playlists.save("Theirs", [1])
    kept.add("p7", "Theirs", ids(5))
    with pytest.raises(UsageError, match="has a playlist Theirs that is not the one of home"):
        home.pull("Theirs")
    assert home.pull("Theirs", name="Theirs at home").playlist == "Theirs at home"
    assert tracks(library, "Theirs") == [1]


def test_which_playlist_is_meant_has_to_be_plain(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    kept.add("p7", "Twice", ids(5))
    kept.add("p8", "Twice", ids(6))
    with pytest.raises(UsageError, match="2 playlists Twice: give the id, of p7, p8"):
        home.pull("Twice")
    assert [each.track for each in home.pull("p8").matched] == [6]
    with pytest.raises(UsageError, match="home has no playlist Nowhere; it has Twice, Twice"):
        home.pull("Nowhere")
    kept.add("p9", "Far", ids(50, 51))
    with pytest.raises(UsageError, match="The library has no song of the playlist Far"):
        home.pull("Far")
    assert [each.name for each in library.playlists.list().playlists] == ["Twice"]


def test_a_dry_pull_stores_nothing(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    kept.add("p7", "Theirs", ids(5))
    told = home.pull("Theirs", dry_run=True)
    assert (told.done, told.id, told.playlist) == ("made", None, "Theirs")
    assert library.playlists.list().playlists == []


# Both


def test_both_are_compared(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    library.playlists.save("Evening", [1, 2, 11])
    assert home.compare("Evening").notes == ("It is not at home.",)
    id_ = home.push("Evening").id or ""
    assert home.compare("Evening").same
    kept.change(id_, songs=ids(3, 50, 1))
    found = home.compare("Evening")
    assert [(each.where, each.track, each.song) for each in found.songs] == [
        ("there", 3, "s3"),
        ("there", None, "s50"),
        ("both", 1, "s1"),
        ("here", 2, "s2"),
        ("here", 11, None),
    ]
    assert not found.same
    kept.change(id_, songs=ids(2, 1))
    assert home.compare("Evening").notes == ("Both hold the same songs, in another order.",)


def test_playlists_of_the_server_are_listed_with_ours_marked(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.add("p7", "Theirs", ids(5))
    library.playlists.save("Evening", [1])
    home.push("Evening")
    found = home.list().playlists
    assert [(each.name, each.songs, each.ours, each.playlist) for each in found] == [
        ("Evening", 1, True, "Evening"),
        ("Theirs", 1, False, None),
    ]
    library.playlists.delete("Evening")
    assert [(each.ours, each.playlist) for each in home.list().playlists] == [(True, None), (False, None)]


def test_songs_are_matched_again_only_where_that_may_change_something(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    found = home.match()
    assert (found.songs, found.mapped, found.absent, found.unsure) == (12, 10, 2, ())
    assert found.ways == {"path": 10}
    walked = library._store.servers.known("home")
    assert home.match() == found
    assert library._store.servers.known("home") == walked
    # A track that is new here is found without reading the server again.
    put(
        library._store,
        [record("/m/Else/Elsewhere 50.flac", 0.5, 0.5, duration=230.0, title="Elsewhere 50", artist="Band")],
    )
    assert home.match().mapped == 11
    assert library._store.servers.known("home").walked == walked.walked
    # Songs that come and go are: the server counts others. What was said of one that changed does not hold.
    kept.songs([song(1, title="Song 9", path="y.mp3", duration=189.0), *(song(i) for i in range(2, 9))])
    again = home.match()
    assert (again.songs, again.mapped) == (8, 8)
    assert library._store.servers.tracks_of("home", ["s1"]) == {"s1": 9}
    assert library._store.servers.known("home").walked != walked.walked
    # What the count does not tell is asked for.
    kept.songs([song(i, path="z.mp3", title="Other") for i in range(1, 9)])
    assert home.match().mapped == 8
    assert home.match(refresh=True).mapped == 0


def test_another_server_under_the_name_of_a_connection_has_nothing_of_the_old_one(
    library: img2music.Library, home: ServerPlaylists, kept: Kept, tmp_path: Path
) -> None:
    library.playlists.save("Evening", [1])
    home.push("Evening")
    kept_servers.make(tmp_path / "other.json", [song(4)])
    with library.playlists.at("home") as other:
        assert other.match().songs == 1
        assert library._store.servers.links("home") == []


def test_unsure_songs_are_listed_with_what_they_may_be(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.songs([song(1, path=None, duration=182.9, album="Best of"), song(2, title="Song 2 (Live)", path=None)])
    found = home.match()
    (unsure,) = found.unsure
    assert (unsure.song, unsure.name) == ("s1", "Song 1 - Band")
    assert unsure.candidates == ("#1 Song 1 - Band (Album)",)
    assert "another album" in unsure.why
    assert (found.mapped, found.absent) == (0, 1)
    library.playlists.save("Evening", [1, 2])
    told = home.push("Evening", dry_run=True)
    assert [(each.track, each.unsure) for each in told.left_out] == [(1, True), (2, False)]
    with pytest.raises(UsageError, match="home has no song"):
        home.push("Evening")


def test_another_cover_is_kept_and_nothing_matched_again(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    home.match()
    servers = library._store.servers
    there = [dataclasses.replace(song(i), cover=f"cover {i}", album_id="a") for i in range(1, COUNT + 1)]
    kept.songs(there)
    walk = servers.begin("home", home._exchange.connection.url)
    assert servers.put("home", walk, there) == COUNT
    assert servers.unmatched("home") == 2  # which were not there
    assert list(servers.told("home", ids(3, 4)).values()) == there[2:4]


def test_damaged_songs_of_the_server_are_told_by_whatever_reads_them(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    line = "home: Song 5 is left out, since it has no id; so are 3 others."
    kept.plan(left_out=line)
    assert home.match().notes == (line,)
    assert home.match().notes == ()  # read before
    assert home.match(refresh=True).notes == (line,)
    library.playlists.save("Evening", [1, 2])
    assert home.push("Evening", refresh=True).notes == (line,)
    assert line in home.compare("Evening", refresh=True).notes
    assert line in home.pull("Evening", refresh=True).notes


def test_a_song_without_a_file_is_found_by_its_tags(library: img2music.Library, home: ServerPlaylists) -> None:
    tags = img2music.library.record.Tags(title="Elsewhere 51", artist="Band", album="Else")
    with library._store.writing() as transaction:
        transaction.put_songs([make_song("spotify:x", tags=tags, duration=231.0)])
    library.playlists.save("Evening", [13])
    assert [each.song for each in home.push("Evening").matched] == ["s51"]


# Likes


def test_likes_go_both_ways_and_nothing_is_taken_back(
    library: img2music.Library, home: ServerPlaylists, kept: Kept
) -> None:
    kept.songs([song(i, liked=i in (5, 6, 7, 50)) for i in (1, 2, 3, 5, 6, 7, 50)])
    for track in (1, 2, 3, 5, 11):
        library.feedback.like(track)
    library.feedback.never(3)
    library.feedback.never(7)
    told = home.push_likes(dry_run=True)
    assert (len(told.new), told.known, [each.track for each in told.left_out]) == (2, 1, [11])
    assert kept.liked == {"s5", "s6", "s7", "s50"}
    assert home.push_likes().new == told.new
    assert kept.liked == {"s1", "s2", "s5", "s6", "s7", "s50"}
    pulled = home.pull_likes()
    assert (pulled.new, pulled.known) == (("Song 6 - Band",), 3)
    assert [(each.song, each.why) for each in pulled.left_out] == [
        ("s50", "nothing in the library is like it"),
        ("s7", "me never wants it"),
    ]
    assert (home.pull_likes().new, home.push_likes().new) == ((), ())


def test_what_is_no_music_server_and_no_connection_is_told(library: img2music.Library) -> None:
    with pytest.raises(UsageError, match="no connection nowhere; there is home"):
        library.playlists.at("nowhere")


def test_of_copies_any_will_do(library: img2music.Library, home: ServerPlaylists, kept: Kept) -> None:
    tagged = {"title": "Song 33", "artist": "Band", "album": "Album"}
    put(library._store, [record("/rips/0001.mp3", 0.1, 0.5, duration=213.0, sound="33")])
    put(library._store, [record("/me/Band/Album/33 Song 33.mp3", 0.1, 0.5, duration=213.0, sound="33", **tagged)])
    kept.songs([song(33)])
    copies = [track.id for track in library.tracks() if track.path.endswith(".mp3")]
    for each in copies:
        library.playlists.save("One", [each], replace=True)
        report = home.push("One", refresh=True)
        assert [(one.track, one.song) for one in report.matched] == [(each, "s33")]
