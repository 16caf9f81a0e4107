"""Songs of music servers that are damaged: the others go on, whatever the server, and one line tells."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from img2music.connectors.mpd import Mpd
from img2music.connectors.music_server import MusicServer
from img2music.errors import SourceError
from tests.support.logins import logged_in
from tests.support.media_servers import JellyfinServer, PlexServer, jellyfin_song, plex_song
from tests.support.mpd_servers import OddMpd
from tests.support.music_servers import SubsonicServer, entry
from tests.support.servers import QUICK, Answer

pytestmark = pytest.mark.slow

LIMITS = dataclasses.replace(QUICK, body=1 << 22, total=5)
KINDS = ["subsonic", "jellyfin", "plex", "mpd"]
IDS = {"subsonic": "id", "jellyfin": "Id", "plex": "ratingKey", "mpd": "file"}
MADE: dict[str, Callable[[int], dict[str, Any]]] = {
    "subsonic": entry,
    "jellyfin": jellyfin_song,
    "plex": plex_song,
    "mpd": lambda number: {"file": f"{number}.mp3", "Title": f"Song {number}", "duration": "3.5", "Track": "1"},
}

AS_IT_IS = {"LATIN-1": b'"Gr\xf6\xdfe"', "ENDLESS": b"9" * 5000}
"""What is no JSON in Python: bytes that are not UTF-8, a number that nothing counts."""


def written(value: Any) -> bytes:
    """JSON, with what is none in its place."""
    found = Answer(value).body
    for name, raw in AS_IT_IS.items():
        found = found.replace(f'"{name}"'.encode(), raw)
    return found


@contextmanager
def login(kind: str, songs: list[Any]) -> Iterator[MusicServer]:
    """A login at a server of these songs."""
    opened: MusicServer
    if kind == "mpd":
        with OddMpd() as odd:
            lines = [f"{name}: {value}\n" for song in songs for name, value in song.items()]
            as_they_are = "".join(lines).encode("utf-8", "surrogatepass").replace(b"LATIN-1", b"Gr\xf6\xdfe")
            odd.says(b"search", as_they_are + b"OK\n")
            opened = Mpd(odd.connection(), None, dataclasses.replace(LIMITS, tries=1))
            yield opened
            opened.close()
        return
    server: Any = {"subsonic": SubsonicServer, "jellyfin": JellyfinServer, "plex": PlexServer}[kind](songs)
    answer = server.answer
    server.answer = lambda asked: dataclasses.replace(found := answer(asked), raw=written(found.value))
    with server, logged_in(kind, server, LIMITS) as opened:
        yield opened


LONG, NUL, HALF = "x" * 501, "a\0b", "a\udc80b"
DAMAGED: list[tuple[str, Any, str]] = [
    ("long", LONG, "its id has 501 characters"),
    ("nul", NUL, "its id holds control characters"),
    ("half of a pair", HALF, "its id holds control characters"),
    ("latin", "LATIN-1", "its id holds control characters"),
    ("empty", "", "it has no id"),
    ("none", None, "it has no id"),
    ("a list", [5], "it has no id"),
    ("an object", {"a": 1}, "it has no id"),
    ("true", True, "it has no id"),
    ("nan", float("nan"), "it has no id"),
    ("endless", "ENDLESS", "it has no id"),
]
LINES = ("long", "nul", "latin", "empty")
"""What lines of text can say at all."""


def damaged(kind: str) -> list[tuple[Any, str]]:
    return [(id_, why) for what, id_, why in DAMAGED if kind != "mpd" or what in LINES]


CASES = [(kind, *each) for kind in KINDS for each in damaged(kind)]


@pytest.mark.parametrize(("kind", "id_", "why"), CASES, ids=[f"{kind}-{ascii(id_)[:9]}" for kind, id_, _ in CASES])
def test_a_song_with_a_damaged_id_is_one_line_and_the_others_go_on(kind: str, id_: Any, why: str) -> None:
    songs = [MADE[kind](number) for number in range(1100)]
    songs[400] |= {IDS[kind]: id_}
    told: list[str] = []
    with login(kind, songs) as opened:
        found = [song.title for song in opened.songs(told.append)]
    assert found == [f"Song {number}" for number in range(1100) if number != 400]
    (line,) = told
    assert line.startswith(f"home: Song 400 is left out, since {why}")
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_songs_are_one_line_with_their_number(kind: str) -> None:
    """Also where they fill whole pages, in the middle and at the end."""
    songs = [MADE[kind](number) for number in range(2600)]
    for number in [*range(500, 1500), *range(2200, 2600)]:
        bad = damaged(kind)
        id_, _ = bad[number % len(bad)]
        is_text = isinstance(id_, str) and id_ not in ("", "LATIN-1", "ENDLESS")  # each of its own
        songs[number] |= {IDS[kind]: f"{number}{id_}" if is_text else id_}
    told: list[str] = []
    with login(kind, songs) as opened:
        found = {song.title for song in opened.songs(told.append)}
    assert found == {f"Song {number}" for number in (*range(500), *range(1500, 2200))}
    (line,) = told
    several = int(line.partition("; so are ")[2].partition(" ")[0].replace(",", ""))
    assert 1000 < several < 1400  # those with one and the same id are one
    assert "home: Song 500 is left out, since " in line


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_has_only_damaged_songs_is_a_fault_in_one_line(kind: str) -> None:
    songs = [MADE[kind](number) | {IDS[kind]: f"{number}\0"} for number in range(700)]
    told: list[str] = []
    with login(kind, songs) as opened, pytest.raises(SourceError) as caught:
        list(opened.songs(told.append))
    assert told == []
    assert "none of its songs can be used: Song 0 is left out" in str(caught.value)
    assert "so are 699 others." in str(caught.value)
    assert str(caught.value).isprintable()


FIELDS: list[tuple[str, Any]] = [
    ("a list", [[[]]]),
    ("an object", {"a": {"b": []}}),
    ("true", True),
    ("nan", float("nan")),
    ("infinite", float("inf")),
    ("negative", -5),
    ("endless", "ENDLESS"),
    ("more than 64 bits", 1 << 70),
    ("latin", "LATIN-1"),
    ("nul", NUL),
    ("half of a pair", HALF),
    ("long", "x" * 100_000),
]


@pytest.mark.parametrize("value", [value for _, value in FIELDS], ids=[name for name, _ in FIELDS])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_field_is_not_told_and_its_song_is_there(kind: str, value: Any) -> None:
    """Whatever field it is, also what nobody reads."""
    if kind == "mpd" and value == HALF:
        pytest.skip("no line of text holds it")
    songs = [MADE[kind](number) for number in range(3)]
    keys = [key for key in songs[1] if key not in (IDS[kind], "type", "Type", "isDir", "isVideo")]
    damaged = dict.fromkeys(keys, value) | {"Whatever": value}
    songs[1] |= damaged
    told: list[str] = []
    with login(kind, songs) as opened:
        first, second, third = opened.songs(told.append)
    assert (first.title, third.title, told) == ("Song 0", "Song 2", [])
    assert second.duration is None or 0 < second.duration < 1e7
    assert second.number is None or 0 < second.number < 100_000
    for text in (second.title, second.artist, second.album):
        assert text is None or (len(text) <= 500 and text.isprintable())
    assert "\0" not in (second.path or "")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mpd"])
def test_what_is_no_song_among_songs_is_left_out(kind: str) -> None:
    songs: list[Any] = [MADE[kind](number) for number in range(3)]
    if kind == "jellyfin":
        songs[1] = {}
    else:
        songs[1] = [1]
    told: list[str] = []
    with login(kind, songs) as opened:
        assert [song.title for song in opened.songs(told.append)] == ["Song 0", "Song 2"]
    assert told == ["home: a song is left out, since it has no id."]
