"""LRCLIB and Musixmatch, as they are documented."""

from collections.abc import Iterator

import pytest

from img2music.connectors.lrclib import Lrclib
from img2music.connectors.lyrics import Lyrics
from img2music.connectors.musixmatch import Musixmatch
from img2music.errors import SourceError, UsageError
from tests.connectors.conftest import Point
from tests.support.servers import QUICK, Answer, LrclibServer, MusixmatchServer, lrclib_entry, musixmatch_message


@pytest.fixture
def lrclib(point: Point) -> Iterator[LrclibServer]:
    songs = [
        {
            "title": "Sinnerman",
            "artist": "Nina Simone",
            "plain": "Oh, Sinnerman\nwhere you gonna run to",
            "duration": 622,
        },
        {"title": "Sinnerman", "artist": "Nina Simone", "plain": "live", "duration": 700, "album": "Live"},
        {"title": "Timed", "artist": "Nina Simone, Somebody", "synced": "[00:01.00]Only timed"},
        {"title": "So What", "artist": "Miles Davis", "instrumental": True},
        {"title": "Empty", "artist": "Nobody"},
    ]
    with LrclibServer(*songs) as server:
        point(server, IMG2MUSIC_LRCLIB_URL="/")
        yield server


def test_by_all_that_is_known(lrclib: LrclibServer) -> None:
    words = Lyrics("Oh, Sinnerman\nwhere you gonna run to")
    assert Lrclib(QUICK).find("Sinnerman", "Nina Simone; Somebody", "Album", 620.4) == words
    (asked,) = lrclib.asked
    assert asked.path == "/api/get"
    assert asked.query == {
        "track_name": "Sinnerman",
        "artist_name": "Nina Simone",
        "album_name": "Album",
        "duration": "620",
    }
    assert Lrclib(QUICK).find("sinnerman", "Nina Simone", None, None) == words


def test_by_title_and_artist_if_that_fails(lrclib: LrclibServer) -> None:
    assert Lrclib(QUICK).find("Sinnerman", "Nina Simone", "Pastel Blues", 701.0) == Lyrics("live")
    assert [asked.path for asked in lrclib.asked] == ["/api/get", "/api/search"]
    assert Lrclib(QUICK).find("Timed", "nina simone", "Album", 200) == Lyrics("Only timed")


def test_another_length_is_another_song(lrclib: LrclibServer) -> None:
    assert Lrclib(QUICK).find("Sinnerman", "Nina Simone", "Album", 660.0) == Lyrics()
    # Even if the service has become less strict than it says.
    lrclib.faults.append(Answer(lrclib_entry("Sinnerman", "Nina Simone", plain="?", duration=50)))
    assert Lrclib(QUICK).find("Sinnerman", "Nina Simone", "Album", 660.0) == Lyrics()


def test_no_words(lrclib: LrclibServer) -> None:
    assert Lrclib(QUICK).find("So What", "Miles Davis", "Album", 200) == Lyrics(instrumental=True)
    assert Lrclib(QUICK).find("Empty", "Nobody", "Album", 200) == Lyrics()
    assert Lrclib(QUICK).find("Unheard of", "Nobody", None, None) == Lyrics()


@pytest.mark.parametrize("value", [[], None, "words", 3])
def test_what_is_no_song(lrclib: LrclibServer, value: object) -> None:
    lrclib.faults.append(Answer(value))
    with pytest.raises(SourceError, match="LRCLIB: its answer is not a song"):
        Lrclib(QUICK).find("Sinnerman", "Nina Simone", None, None)
    lrclib.faults.extend([Answer({}, 404), Answer({"a": value})])
    with pytest.raises(SourceError, match="LRCLIB: its answer is not a list"):
        Lrclib(QUICK).find("Sinnerman", "Nina Simone", None, None)


def test_odd_entries_are_passed_over(lrclib: LrclibServer) -> None:
    odd = [None, 3, {}, lrclib_entry("Other", "Nina Simone", plain="x"), {"trackName": 3, "artistName": []}]
    good = lrclib_entry("SINNERMAN (live)", "Nina Simone", plain="words") | {"duration": "long", "syncedLyrics": 7}
    lrclib.faults.extend([Answer({}, 404), Answer([*odd, good])])
    assert Lrclib(QUICK).find("Sinnerman", "Nina Simone", None, 100) == Lyrics("words")


@pytest.fixture
def musixmatch(point: Point, monkeypatch: pytest.MonkeyPatch) -> Iterator[MusixmatchServer]:
    with MusixmatchServer({("Sinnerman", "Nina Simone"): "Oh, Sinnerman\nwhere you gonna"}) as server:
        point(server, IMG2MUSIC_MUSIXMATCH_URL="/ws/1.1")
        monkeypatch.setenv("IMG2MUSIC_MUSIXMATCH_KEY", server.KEY)
        yield server


def test_the_excerpt_without_its_footer(musixmatch: MusixmatchServer) -> None:
    found = Musixmatch(QUICK).find("Sinnerman", "Nina Simone; Somebody", None, None)
    assert found == Lyrics("Oh, Sinnerman\nwhere you gonna")


def test_nothing_there(musixmatch: MusixmatchServer) -> None:
    client = Musixmatch(QUICK)
    assert client.find("Unheard of", "Nobody", None, None) == Lyrics()
    musixmatch.faults.append(Answer(musixmatch_message(200, instrumental=1, lyrics_body="")))
    assert client.find("So What", "Miles Davis", None, None) == Lyrics(instrumental=True)
    sorry = "Unfortunately we're not authorized to show these lyrics."
    musixmatch.faults.append(Answer(musixmatch_message(200, restricted=1, lyrics_body=sorry)))
    assert client.find("Only Shallow", "My Bloody Valentine", None, None) == Lyrics()


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the key"), (402, "quota of the key is used up")])
def test_keys_that_do_not_do(musixmatch: MusixmatchServer, status: int, words: str) -> None:
    musixmatch.faults.append(Answer(musixmatch_message(status)))
    with pytest.raises(SourceError, match=words) as caught:
        Musixmatch(QUICK).find("Sinnerman", "Nina Simone", None, None)
    assert caught.value.final


def test_a_busy_service_is_asked_again(musixmatch: MusixmatchServer) -> None:
    musixmatch.faults.extend([Answer(musixmatch_message(503)), Answer({"message": []})])
    assert Musixmatch(QUICK).find("Sinnerman", "Nina Simone", None, None).text is not None
    assert len(musixmatch.asked) == 3


def test_a_key_is_needed() -> None:
    with pytest.raises(UsageError, match="IMG2MUSIC_MUSIXMATCH_KEY"):
        Musixmatch(QUICK)
