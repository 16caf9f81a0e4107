"""From a film's curve and a library to cues."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.connectors.tags import Tags
from img2music.distribution import AffectDistribution
from img2music.errors import LibraryError, UsageError
from img2music.filters import TrackFilter
from img2music.library.store import LibraryStore
from img2music.matching.person import Person
from img2music.options import CueCount, MatchMode, SpotOptions
from img2music.soundtrack.choosing import Prices
from img2music.soundtrack.cue_sheet import FilmFile, Shot
from img2music.soundtrack.cueing import OPENING_FADE
from img2music.soundtrack.film import SAMPLE_EVERY, Film, group
from img2music.soundtrack.spotting import candidates, count_note, grid, spot, stretches
from tests.support.songs import library as make_library
from tests.support.songs import record
from tests.support.songs import song as silent_song

NATURAL = AffectDistribution.of(np.linspace(0, 1, 101), np.linspace(0, 1, 101))
MOODS = {"calm": (0.6, 0.1), "lively": (0.7, 0.9), "sad": (0.1, 0.3)}


def film(*parts: tuple[float, str]) -> Film:
    """A film of one shot a part, each with a mood."""
    ends = np.cumsum([seconds for seconds, _ in parts]).tolist()
    shots = tuple(
        Shot(end - seconds, end, Affect(*MOODS[mood])) for (seconds, mood), end in zip(parts, ends, strict=True)
    )
    times = np.arange(0.0, ends[-1], SAMPLE_EVERY)
    owner = np.searchsorted(ends, times, side="right")
    curve = np.column_stack([times, [MOODS[parts[n][1]] for n in owner]])
    shown = np.arange(0, ends[-1], 0.04)
    return Film(FilmFile("/films/a.mp4", ends[-1], 25.0, len(shown)), shown, shots, (), curve)


def song(name: str, mood: str, duration: float = 120.0, **more: object):
    windows = np.arange(0.0, duration, 8.0)
    curve = [CurvePoint(float(at), min(float(at) + 8.0, duration), Affect(*MOODS[mood])) for at in windows]
    return record(f"/music/{name}.mp3", *MOODS[mood], duration=duration, curve=curve, title=name, **more)


SONGS = (
    song("Quiet One", "calm", artist="A"),
    song("Quiet Two", "calm", artist="B"),
    song("Dance", "lively", artist="C", genre="Pop"),
    song("Tears", "sad", artist="D", genre="Pop"),
    song("Jingle", "lively", 5.0, artist="E"),
)


@pytest.fixture
def store(tmp_path: Path):
    with make_library(tmp_path / "library.db", SONGS) as opened:
        yield opened


def spotted(store: LibraryStore, seen: Film, *, prices: Prices | None = None, **options: object):
    wanted = SpotOptions(**({"match": MatchMode.ABSOLUTE, "alternatives": 0, "least_song": 12.0} | options))
    scenes = group(seen.shots, wanted.least_scene)
    return spot(seen, scenes, candidates(store, wanted), wanted, store=store, natural=NATURAL, prices=prices)


def titles(cues) -> list[str]:
    return [cue.track.title for cue in cues]


CHANGING = film((20.0, "calm"), (30.0, "lively"), (20.0, "sad"))


def test_the_music_changes_with_the_mood(store: LibraryStore) -> None:
    cues = spotted(store, CHANGING)
    assert titles(cues) in (["Quiet One", "Dance", "Tears"], ["Quiet Two", "Dance", "Tears"])
    assert [(cue.start, cue.end) for cue in cues] == [(0.0, 20.0), (20.0, 50.0), (50.0, 70.0)]
    assert [(cue.start_frame, cue.end_frame) for cue in cues] == [(0, 500), (500, 1250), (1250, 1750)]
    assert all(cue.distance == pytest.approx(0.0, abs=1e-6) for cue in cues)
    assert all(cue.passage.end - cue.passage.start == pytest.approx(cue.end - cue.start) for cue in cues)
    assert all(cue.gain_db == pytest.approx(-2.0) for cue in cues)
    assert "Feels" in cues[0].why or "like scene 1" in cues[0].why


def ids(store: LibraryStore, *names: str) -> frozenset[int]:
    return frozenset(track.id for track in store.tracks() if track.title in names)


def chosen(store: LibraryStore, person: Person, **options: object):
    wanted = SpotOptions(match=MatchMode.ABSOLUTE, alternatives=9, least_song=12.0, **options)
    tracks = candidates(store, wanted, person)
    scenes = group(CHANGING.shots, wanted.least_scene)
    return tracks, spot(CHANGING, scenes, tracks, wanted, store=store, natural=NATURAL)


def test_what_is_never_wanted_is_neither_chosen_nor_a_runner_up(store: LibraryStore) -> None:
    tracks, cues = chosen(store, Person(never=ids(store, "Quiet One", "Dance")))
    named = {*titles(cues), *(each.track.title for cue in cues for each in cue.alternatives)}
    assert named == {"Quiet Two", "Tears"}
    assert tracks.notes == ()
    with pytest.raises(UsageError, match="you never want"):
        candidates(store, SpotOptions(), Person(never=ids(store, *(each.tags.title or "" for each in SONGS))))


def test_what_is_pinned_is_used_though_it_is_never_wanted(store: LibraryStore) -> None:
    tracks, cues = chosen(store, Person(never=ids(store, "Tears")), pins=((2, "Tears"),))
    assert titles(cues)[1] == "Tears"
    assert "Tears" not in {each.track.title for cue in cues for each in cue.alternatives}
    (note,) = tracks.notes
    assert note.startswith("'Tears' is pinned, and is used")


@pytest.mark.parametrize("name", ["Quiet One", "Quiet Two"])
def test_what_is_liked_comes_first_of_equals(store: LibraryStore, name: str) -> None:
    _, cues = chosen(store, Person(liked=ids(store, name)))
    assert titles(cues) == [name, "Dance", "Tears"]
    assert cues[0].distance == pytest.approx(0.0, abs=1e-6)


def lengths(cues) -> list[float]:
    return [cue.end - cue.start for cue in cues]


ALBUM = film(*((4.0, mood) for mood in ("calm", "calm", "lively", "calm", "sad", "lively", "sad") * 3), (4.0, "calm"))


def test_a_short_album_has_few_songs(store: LibraryStore) -> None:
    found = lengths(spotted(store, ALBUM, least_song=SpotOptions.least_song))
    assert len(found) <= 2
    assert min(found) >= 30.0
    assert len(spotted(store, film((14.0, "calm"), (14.0, "sad")), least_song=SpotOptions.least_song)) == 1


def long_film(seed: int) -> Film:
    chance = np.random.default_rng(seed)
    return film(*((float(chance.integers(14, 30)), list(MOODS)[number % 3]) for number in range(12)))


@pytest.mark.parametrize("seed", range(4))
def test_each_song_is_heard_for_a_while_and_there_are_about_as_many_as_asked_for(
    store: LibraryStore, seed: int
) -> None:
    seen = long_film(seed)
    free = spotted(store, seen, least_song=30.0)
    assert min(lengths(free)) >= 30.0
    for count in (3, 4, 5, 40):
        options = SpotOptions(songs=count, match=MatchMode.ABSOLUTE)
        cues = spotted(store, seen, least_song=30.0, songs=count)
        assert min(lengths(cues)) >= 30.0
        assert (len(cues) == count) is (count < 40)
        assert bool(count_note(cues, options)) is (count == 40)


@pytest.mark.parametrize("seed", range(4))
def test_pins_hold_and_songs_are_too_short_only_for_them(store: LibraryStore, seed: int) -> None:
    seen = long_film(seed)
    scenes = group(seen.shots)
    pins = ((2, "Tears"), (3, "Dance"), (4, "Tears"))
    cues = spotted(store, seen, least_song=30.0, songs=4, pins=pins)
    for scene, title in pins:
        here = scenes[scene - 1]
        (over,) = [cue for cue in cues if cue.start <= here.start + 1e-6 and cue.end >= here.end - 1e-6]
        assert over.track.title == title
    free = [cue for cue in cues if cue.start >= scenes[3].end - 1e-6]
    assert min(lengths(free), default=30.0) >= 30.0


def test_more_songs_than_fit_are_told(store: LibraryStore) -> None:
    (note,) = count_note(spotted(store, CHANGING, songs=9), SpotOptions(songs=9))
    assert note.startswith("9 songs were asked for, and there are 3: ")
    seen = film((100.0, "calm"), (100.0, "lively"))
    assert len(spotted(store, seen, songs=1)) == 2
    assert "too short" in count_note(spotted(store, seen, songs=1), SpotOptions(songs=1))[0]


def test_songs_are_heard_from_their_openings(tmp_path: Path) -> None:
    calm, lively, nearly = (Affect(*point) for point in (MOODS["calm"], MOODS["lively"], (0.68, 0.86)))
    late = [CurvePoint(0.0, 8.0, calm), CurvePoint(72.0, 80.0, lively), CurvePoint(104.0, 112.0, lively)]
    level = [CurvePoint(0.0, 8.0, nearly), CurvePoint(104.0, 112.0, nearly)]
    songs = [
        record(f"/music/{title}.mp3", 0.7, 0.9, duration=120.0, curve=curve, title=title)
        for title, curve in (("Late", late), ("Level", level))
    ]
    with make_library(tmp_path / "library.db", songs) as store:
        (cue,) = spotted(store, film((30.0, "lively")))
        assert (cue.track.title, cue.passage.start) == ("Level", 0.0)
        (cue,) = spotted(store, film((30.0, "lively")), prices=Prices(inside=0.25))
        assert cue.track.title == "Late"
        assert cue.passage.start >= 72.0


def test_one_cue(store: LibraryStore) -> None:
    (cue,) = spotted(store, CHANGING, cues=CueCount.ONE)
    assert (cue.start, cue.end) == (0.0, 70.0)


def test_a_change_must_be_worth_its_price(store: LibraryStore) -> None:
    dear = Prices(cue=1000.0)
    assert len(spotted(store, CHANGING, prices=dear)) == 1
    assert len(spotted(store, CHANGING, prices=dear, cues=CueCount.SCENE)) == 3


def test_the_same_mood_again_gets_another_song(store: LibraryStore) -> None:
    cues = spotted(store, film((20.0, "calm"), (20.0, "lively"), (20.0, "calm")))
    assert sorted(titles(cues)) == ["Dance", "Quiet One", "Quiet Two"]


def test_fades_meet_and_end_with_the_film(store: LibraryStore) -> None:
    first, *_, last = spotted(store, CHANGING)
    assert (first.fade_out, last.fade_out) == (2.0, 4.0)
    assert (first.fade_in, last.fade_in) == (OPENING_FADE, OPENING_FADE)  # both come in as their songs do


def test_alternatives_are_other_songs_best_first(store: LibraryStore) -> None:
    cues = spotted(store, CHANGING, alternatives=2)
    for cue in cues:
        others = [each.track.title for each in cue.alternatives]
        assert len(others) == 2
        assert cue.track.title not in others
    assert cues[0].alternatives[0].track.title in {"Quiet One", "Quiet Two"}
    assert cues[0].alternatives[0].distance <= cues[0].alternatives[1].distance


def test_a_nearer_runner_up_says_why_it_was_not_chosen(store: LibraryStore) -> None:
    (pinned,) = spotted(store, film((20.0, "calm")), pins=((1, "Dance"),), alternatives=1)
    assert pinned.alternatives[0].note == "another is pinned"
    cues = spotted(store, film((20.0, "calm"), (20.0, "lively"), (20.0, "calm"), (20.0, "sad")), alternatives=9)
    notes = {each.note for cue in cues for each in cue.alternatives if each.distance < (cue.distance or 0.0) - 0.005}
    assert None not in notes
    free, *_ = spotted(store, CHANGING, alternatives=1)
    assert free.alternatives[0].note is None


def test_a_repeated_artist_is_the_reason(tmp_path: Path) -> None:
    songs = [song("First", "lively", artist="B"), song("Near", "calm", artist="B"), song("Far", "sad", artist="C")]
    with make_library(tmp_path / "library.db", songs) as store:
        cues = spotted(
            store,
            film((20.0, "lively"), (20.0, "calm")),
            alternatives=2,
            prices=Prices(artist=100.0),
            cues=CueCount.SCENE,
        )
    assert titles(cues) == ["First", "Far"]
    notes = {each.track.title: each.note for each in cues[1].alternatives}
    assert notes == {"First": None, "Near": "it or its artist is heard close by"}


def test_pins_and_bans(store: LibraryStore) -> None:
    quiet = titles(spotted(store, CHANGING, bans=("quiet one",)))[0]
    assert quiet == "Quiet Two"
    assert titles(spotted(store, CHANGING, pins=((2, "Tears"),)))[1] == "Tears"
    number = next(track.id for track in store.tracks() if track.title == "Dance")
    pinned = spotted(store, CHANGING, pins=((1, str(number)), (3, "/music/Quiet Two.mp3")))
    assert (pinned[0].track.title, pinned[-1].track.title) == ("Dance", "Quiet Two")
    assert titles(spotted(store, CHANGING, cues=CueCount.ONE, pins=((3, "Tears"),))) == ["Tears"]


def test_names_that_look_like_numbers(tmp_path: Path) -> None:
    songs = [replace(song(name, "calm"), tags=Tags()) for name in ("02", "03", "1", "40", "7")]
    with make_library(tmp_path / "library.db", songs) as store:
        found = candidates(store, SpotOptions(bans=("#2", "02", "40", "/music/7.mp3")))
        assert found.ids[found.allowed].tolist() == [3]  # the songs 2, 1, 4 and 5 are out
        (cue,) = spotted(store, film((20.0, "calm")), pins=((1, "4"),))  # a number that is no name
        assert cue.track.display_name == "#4 40"
        with pytest.raises(UsageError, match=r"2 songs fit '1': #1 02; #3 1\. Give one by its number \(#\)"):
            candidates(store, SpotOptions(bans=("1",)))
        with pytest.raises(UsageError, match=r"3 songs fit '0': #1 02; #2 03; #4 40"):
            candidates(store, SpotOptions(pins=((1, "0"),)))


def test_a_pin_passes_the_filters(store: LibraryStore) -> None:
    where = TrackFilter(genre=("pop",))
    assert set(titles(spotted(store, CHANGING, where=where))) == {"Dance", "Tears"}
    assert titles(spotted(store, CHANGING, where=where, pins=((1, "Quiet Two"),)))[0] == "Quiet Two"


BAD = {
    "no such song": ({"bans": ("Nobody",)}, "No song of the library with sound is 'Nobody'"),
    "two songs": ({"pins": ((1, "Quiet"),)}, "2 songs fit 'Quiet': #1 Quiet One - A; #2 Quiet Two - B. Give"),
    "two songs to ban": ({"bans": ("quiet",)}, "2 songs fit 'quiet'"),
    "pinned and banned": ({"pins": ((1, "Dance"),), "bans": ("Dance",)}, "both pinned and banned"),
    "no such scene": ({"pins": ((9, "Dance"),)}, "no scene 9"),
    "too short a pin": ({"pins": ((2, "Jingle"),)}, "lasts 0:05, and scene 2 0:30"),
    "nothing passes": ({"where": TrackFilter(genre=("polka",))}, "passes the filters"),
    "only the short one passes": (
        {"where": TrackFilter(artist=("E",))},
        "lasts 0:05, too short for a scene",
    ),
    "two pins for one cue": (
        {"cues": CueCount.ONE, "pins": ((1, "Dance"), (2, "Tears"))},
        "only one song can be pinned",
    ),
    "a scene of no length": ({"least_scene": 0.1}, "from 1 to 3600"),
    "fewer than no alternatives": ({"alternatives": -1}, "at least 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_can_not_be_is_said_in_one_line(store: LibraryStore, name: str) -> None:
    options, said = BAD[name]
    with pytest.raises(UsageError) as error:
        spotted(store, CHANGING, **options)
    assert said in str(error.value)


def test_no_song_is_as_long_as_the_film(store: LibraryStore) -> None:
    with pytest.raises(UsageError, match=r"as long as the film \(3:00; .* 2:00\): use `cues=auto`"):
        spotted(store, film((180.0, "calm")), cues=CueCount.ONE)


def test_a_scene_longer_than_every_song_gets_several(store: LibraryStore) -> None:
    cues = spotted(store, film((300.0, "calm")))
    assert cues[0].start == 0.0
    assert cues[-1].end == 300.0
    assert all(cue.end - cue.start <= 120.0 for cue in cues)
    assert {cue.track.title for cue in cues} == {"Quiet One", "Quiet Two"}


def test_an_empty_library(tmp_path: Path) -> None:
    with make_library(tmp_path / "empty.db", ()) as empty, pytest.raises(LibraryError, match="has no songs yet"):
        spotted(empty, CHANGING)


def test_songs_without_sound_are_never_chosen(tmp_path: Path) -> None:
    silent = [silent_song(f"spotify:{n}", *MOODS["calm"], title=f"Silent {n}") for n in range(3)]
    with make_library(tmp_path / "library.db", SONGS) as store:
        with store.writing() as transaction:
            transaction.put_songs(silent)
        found = spotted(store, CHANGING, alternatives=9)
        named = {
            title for cue in found for title in (cue.track.title, *(each.track.title for each in cue.alternatives))
        }
        assert named == {"Quiet One", "Quiet Two", "Dance", "Tears"}
        with pytest.raises(UsageError, match="No song of the library with sound"):
            spotted(store, CHANGING, pins=((1, "Silent 1"),))


def test_copies_count_once(tmp_path: Path) -> None:
    copies = [song(f"Copy {n}", "calm", content="same", artist=f"Artist {n}") for n in range(4)]
    with make_library(tmp_path / "library.db", [*copies, SONGS[1], SONGS[2]]) as store:
        found = spotted(store, CHANGING, alternatives=5)
    for cue in found:
        named = [cue.track.title, *(each.track.title for each in cue.alternatives)]
        assert sum(name.startswith("Copy") for name in named) <= 1


def test_of_copies_the_albums_is_heard(tmp_path: Path) -> None:
    records = [
        record(path, 0.5, 0.5, duration=90.0, sound="s", album="Album", artist=path)
        for path in ("/Downloads/a.mp3", "/Music/a.mp3")
    ]
    with make_library(tmp_path / "library.db", [*records, record("/Music/b.mp3", 0.5, 0.5, duration=90.0)]) as store:
        assert candidates(store, SpotOptions()).ids.tolist() == [2, 3]
        pinned = candidates(store, SpotOptions(pins=((1, "1"),)))
        assert pinned.ids[pinned.allowed].tolist() == [2, 3]
        assert candidates(store, SpotOptions(bans=("1",))).ids.tolist() == [3]


def test_relative_matching_compares_ranks(store: LibraryStore) -> None:
    # Half as lively as pictures can be: the liveliest of what the library has in the upper half.
    seen = film((20.0, "lively"))
    (cue,) = spotted(store, seen, match=MatchMode.RELATIVE)
    assert cue.track.title == "Dance"


def test_stretches_begin_with_scenes(store: LibraryStore) -> None:
    options = SpotOptions()
    edges, owners = stretches(group(CHANGING.shots), candidates(store, options), options)
    assert edges.tolist() == [0.0, 20.0, 50.0, 70.0]
    assert owners.tolist() == [0, 1, 2]


def test_a_grid_averages_and_fills() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.5], [0.4, 0.4]])
    cells = grid(np.array([0.0, 0.5, 5.0]), points, 6.0, 2.0)
    assert cells == pytest.approx(np.array([[0.5, 0.25], [0.45, 0.325], [0.4, 0.4]]))
