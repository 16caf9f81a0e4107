"""Which tracks the songs of a server are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.library.mapping import MOST_ALIKE, Mapped, SongFacts, TrackIndex, Verdict, choose, compare, one_each
from img2music.library.song_names import SongPath, SongTitle, artists_of, nearly, plain
from img2music.remarks import worded
from tests.support.made_servers import by_artist_and_title, judge, make

KEPT = ("title", "artist", "album", "album_artist", "year", "number", "duration", "path", "size", "recording")
FOLDER = "/data/김서아/밤/01 첫눈.mp3"


def facts(**values: Any) -> SongFacts:
    usual = {"title": "Song", "artist": "Band", "album": "Album", "duration": 200.0}
    return SongFacts(**({"id": 1} | usual | values))


def verdict(song: dict[str, Any], track: dict[str, Any]) -> Verdict:
    found = {compare(facts(**one), facts(**other)).verdict for one, other in ((song, track), (track, song))}
    assert len(found) == 1, "it matters which is the song"
    return found.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"path": "/mnt/a/Band/Album/01 Song.mp3"}, {"path": "/home/Band/Album/01 Song.flac"}),
        ({"path": "BAND/ALBUM/01 SONG.MP3", "title": None}, {"path": "/m/Band/Album/01 Song.mp3", "title": None}),
        ({"title": "Béla (feat. X)", "artist": "The Band"}, {"title": "Be\u0301la", "artist": "band feat. X"}),
        ({"title": "Song [Album Version]"}, {"title": "song"}),
        ({"title": "Song - 2011 Remaster"}, {"title": "Song (Remastered 2011)"}),
        ({"title": "Song (Live at the Hall)"}, {"title": "Song - Live at The Hall"}),
        ({"album": "Album (Deluxe Edition)"}, {}),
        ({"album": "Best of Band"}, {}),
        ({"duration": 201.0, "year": None}, {"duration": 201.9, "year": 1999}),
        ({"artist": "Бэнд", "recording": "A1"}, {"recording": "a1"}),
        ({"title": "Song, Pt. 2"}, {"title": "Song Part II"}),
        ({"title": "The very long name of a so", "number": 3}, {"title": "The very long name of a song", "number": 3}),
        ({"artist": "Various Artists", "title": "Band - Song", "album": "Mix"}, {"album": "Mix"}),
        (
            {"title": None, "artist": None, "path": "Band/Album/Song - Single Version.mp3"},
            {"title": "Song (Single Edit)"},
        ),
        (  # without tags: servers call it as its file is called
            {"title": "51.opus", "artist": None, "album": None, "path": "rock/51.opus", "size": 162897, "number": 1},
            {"title": None, "artist": None, "album": None, "path": "/m/rock/51.opus", "size": 162897},
        ),
        (
            {"title": "03 - Song", "artist": None, "album": None, "path": "Band/Album/03 - Song.mp3"},
            {"number": 3, "path": "/m/Album/song.flac"},
        ),
        ({"path": FOLDER, "title": "첫눈", "artist": "김서아"}, {"path": f"/m{FOLDER}", "title": "Cheotnun"}),
        ({"title": "Ночь", "number": 3}, {"title": "Noch", "number": 3}),
        ({"artist": "山本", "number": 3}, {"artist": "Yamamoto", "number": 3}),
        ({"title": "Song", "recording": "A1"}, {"title": "A working title", "recording": "a1", "artist": "B and"}),
        ({"number": 3, "disc": 2}, {"number": 3, "disc": 2}),
        ({"number": 3, "disc": 2}, {"number": 3}),
    ],
)
def test_the_same_song_told_in_two_ways(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert verdict(one, other) is Verdict.SURE


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Song (Live)"},
        {"title": "Song (DJ X Remix)"},
        {"title": "Song - Remastered"},
        {"album": "Album (Remastered)"},
        {"album": "Live at the Hall"},
        {"title": "Song (Instrumental)"},
        {"title": "Song (Acoustic Version)"},
        {"title": "Song (라이브)"},
        {"artist": "Another"},
        {"artist": "Tribute to Band"},
        {"title": "Song, Part 2"},
        {"title": "Other"},
        {"duration": 206.0},
        {"path": "a/b/c/01 Song.mp3", "duration": 260.0},
        {"recording": "B", "title": "Song, Part 2"},
        {"title": "밤", "artist": "김", "album": "첫눈"},
    ],
)
def test_another_version_cover_or_title_is_another_song(other: dict[str, Any]) -> None:
    assert verdict({"path": "a/b/c/01 Song.mp3"} if "path" in other else {}, other) is Verdict.NO


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"title": "Song (Ana Remix)"}, {"title": "Song (Bo Remix)"}),
        ({"title": "Song (Live at Rome)"}, {"title": "Song (Live in Oslo)"}),
        ({"title": "Song (2009 Remaster)"}, {"title": "Song (2015 Remaster)"}),
        ({"title": "Symphony No. 5: I. Allegro"}, {"title": "Symphony No. 5: III. Allegro"}),
    ],
)
def test_two_of_a_kind_are_told_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert verdict(one, other) is Verdict.NO


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({"duration": None, "album": None}, {}, "no length"),
        ({"artist": None, "album": None}, {}, "no artist"),
        ({"duration": 203.6}, {}, "lengths differ"),
        ({"album": "Best of", "duration": 202.4}, {"duration": 200.7}, "another album"),
        ({"number": 3}, {"number": 4}, "another number"),
        ({"year": 1975, "duration": 202.2}, {"year": 2011, "duration": 200.7}, "another year"),
        ({"title": "Sonq of Songs", "album": None}, {"title": "Song of Songs"}, "spelt otherwise"),
        ({"number": 3, "disc": 1}, {"number": 3, "disc": 2}, "another number"),
        ({"year": 1975, "duration": 200.4}, {"year": 2011, "duration": 200.7}, "another year"),
        ({"year": 1975, "duration": 201.4}, {"duration": 200.7}, "no year"),
        ({"recording": "A"}, {"recording": "B"}, "another recording"),
        ({"recording": "A", "title": "Song (2011 Remaster)"}, {"recording": "A"}, "another version"),
        ({"title": "Ночь 5"}, {"title": "Noch 5"}, "in other scripts"),
        ({"artist": "山本"}, {"artist": "Yamamoto"}, "in other scripts"),
        (
            {"title": "밤", "artist": "김", "album": "첫눈", "number": 3, "year": 1999},
            {"title": "Bam", "artist": "Kim", "album": "Cheotnun", "number": 3, "year": 1999},
            "in other scripts",
        ),
    ],
)
def test_what_is_unsure_is_told_with_why(one: dict[str, Any], other: dict[str, Any], why: str) -> None:
    assert verdict(one, other) is Verdict.MAYBE
    found = choose(facts(**one), [facts(**other)])
    assert (found.tracks, found.unsure) == ((), True)
    assert why in worded(found.why)


def test_a_title_alone_makes_nothing_the_same() -> None:
    only = {"artist": None, "album": None, "duration": None}
    assert verdict(only, only) is Verdict.MAYBE
    assert verdict({"artist": None, "album": None}, {"artist": None, "album": None}) is Verdict.MAYBE


def test_what_has_another_name_is_looked_up_by_length_and_number() -> None:
    tracks = [
        facts(id=1, title="Noch", album=None),
        facts(id=2, title="Noch", artist="A", number=3, year=1999),
        facts(id=3, title="Noch", artist="B", album="C", number=3, year=1999),
        facts(id=4, title="Noch", artist="B", album="C", number=3, year=1998),
        facts(id=5, title="Noch", album="C", duration=210.0),
    ]
    song = facts(id="s", title="Ночь", number=3, year=1999, duration=201.0)
    index = TrackIndex(tracks)
    assert index.like(song) == []
    assert sorted(index.like(song, wide=True)) == [1, 2, 3]


def test_of_copies_the_likeliest_is_first() -> None:
    copies = [
        facts(id=1, album="Best of Band"),
        facts(id=2, path="/m/Band/Album/01 Song.flac"),
        facts(id=3, missing=True),
        facts(id=4, title="Song (Live)"),
    ]
    found = choose(facts(path="x/Band/Album/01 Song.mp3"), copies)
    assert [each.track for each in found.tracks] == [2, 3, 1]


def test_two_songs_are_one_track_only_if_they_are_the_same_recording() -> None:
    track = facts(id=7, duration=200.7, album=None, year=1990)
    songs = {name: facts(id=name, duration=length, year=1990) for name, length in (("a", 200.7), ("c", 200.5))}
    songs["b"] = facts(id="b", duration=199.0, album="Other", year=1990)
    mapped = {name: choose(song, [track]) for name, song in songs.items()}
    assert all(each.tracks for each in mapped.values())
    settled = one_each(mapped, songs.__getitem__)
    assert [name for name, each in settled.items() if each.tracks] == ["a", "c"]
    assert settled["b"].unsure


def test_a_title_that_half_the_library_has_looks_nothing_up() -> None:
    same = [facts(id=i, artist=None, album=None, title="Track 01") for i in range(MOST_ALIKE + 5)]
    index = TrackIndex([*same, facts(id=900)])
    assert index.like(facts(artist=None, album=None, title="Track 01")) == []
    assert index.like(facts()) == [900]
    assert TrackIndex([]).like(facts()) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_server_tells_is_compared(one: str, other: str) -> None:
    song, track = (facts(title=text, artist=text, album=text, path=text) for text in (one, other))
    assert compare(song, track).verdict is compare(track, song).verdict
    assert plain(plain(one)) == plain(one)
    assert nearly(one, other) == nearly(other, one)
    assert isinstance(choose(song, [track]), Mapped)


def test_names_are_read_as_people_write_them() -> None:
    assert SongTitle.of("Song (feat. X) [Live at Rome]").core == "song"
    assert SongTitle.of("(I Can't Get No) Satisfaction").core == "i cant get no satisfaction"
    assert SongTitle.of("Live and Let Die").versions == {}
    assert SongTitle.of("Cover Me").versions == {}
    assert SongTitle.of("(Live)").core == "live"
    assert SongTitle.of("???").core == "???"
    assert artists_of("The Beatles feat. Billy & Co; X") == ("beatles", "billy", "co", "x")
    assert artists_of("Various Artists") == ()
    path = SongPath.of("D:\\Music\\Band\\1999 - Album\\CD 2\\03 - Song.mp3")
    assert (path.artist, path.album, path.number, path.title) == ("Band", "1999 - Album"[7:], 3, "Song")
    assert SongPath.of("/m/Band - Song.mp3").shared(SongPath.of("/n/band - song.ogg")) == 1


@pytest.mark.slow
def test_of_made_songs_nearly_all_are_found_and_nearly_none_wrongly() -> None:
    made = make(5000, seed=2026)  # rules were chosen by other seeds (`python -m benchmarks mapping`)
    tracks = {
        number: SongFacts(id=number, **{name: track[name] for name in KEPT if name in track})
        for number, track in made.tracks.items()
    }
    songs = {song.id: SongFacts(id=song.id, **{name: getattr(song, name) for name in KEPT}) for song in made.songs}
    index = TrackIndex(tracks.values())
    found = {}
    for name, song in songs.items():
        found[name] = choose(song, [tracks[each] for each in index.like(song)])
        if not found[name].tracks:
            found[name] = choose(song, [tracks[each] for each in index.like(song, wide=True)])
    settled = one_each(found, songs.__getitem__)
    unsure = {name: [one.track for one in each.candidates] for name, each in settled.items() if each.unsure}
    judged = judge(made, {name: each.tracks[0].track for name, each in settled.items() if each.tracks}, unsure)
    assert judged.precision >= 0.995, judged.wrong
    assert judged.recall >= 0.95, judged.lost
    usual = judge(made, by_artist_and_title(made))
    assert usual.precision < judged.precision
    assert usual.recall < judged.recall
    assert judged.untold.total() <= 10, judged.untold
    assert set(judged.untold) <= {"other script"}  # of which nothing but the length is the same
    assert len(unsure) <= 300
