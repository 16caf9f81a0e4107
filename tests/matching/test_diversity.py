"""No duplicates, at most N per artist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.library.schema import UNKNOWN_ARTISTS
from img2music.matching.diversity import SAME_LENGTH, Diversity, folded, second_copies
from img2music.track import Track
from tests.support.songs import track, unheard

TRACKS = st.lists(
    st.builds(
        lambda number, content, artist, title, duration: track(
            number, content=content, artist=artist, title=title, duration=duration
        ),
        st.integers(1, 1000),
        st.none() | st.sampled_from("abcdefgh"),
        st.sampled_from([None, "", "Various Artists", "Nina", "NINA ", "Bach"]),
        st.sampled_from([None, "Air", "air", "Sinnerman"]),
        st.none() | st.floats(100, 110),
    ),
    max_size=30,
)


def chosen_from(tracks: list[Track], diversity: Diversity) -> list[Track]:
    chosen = []
    for candidate in tracks:
        if diversity.admits(candidate):
            diversity.add(candidate)
            chosen.append(candidate)
    return chosen


def same_recording(a: Track, b: Track) -> bool:
    if a.content is not None and a.content == b.content:
        return True
    tagged = bool(a.artist and a.title and b.artist and b.title)
    return (
        tagged
        and folded(a.artist) == folded(b.artist)
        and folded(a.title) == folded(b.title)
        and (a.duration is None or b.duration is None or abs(a.duration - b.duration) <= SAME_LENGTH)
    )


@given(TRACKS, st.one_of(st.none(), st.integers(1, 3)))
def test_a_list_keeps_its_promises_and_leaves_out_nothing_else(tracks: list[Track], per_artist: int | None) -> None:
    chosen = chosen_from(tracks, Diversity(per_artist))
    for i, a in enumerate(chosen):
        assert not any(same_recording(a, b) for b in chosen[:i])
    counts: dict[str, int] = {}
    for candidate in chosen:
        counts[folded(candidate.artist)] = counts.get(folded(candidate.artist), 0) + 1
    known = {artist: count for artist, count in counts.items() if artist not in UNKNOWN_ARTISTS}
    assert per_artist is None or all(count <= per_artist for count in known.values())
    for left_out in tracks:
        if left_out not in chosen:
            full = per_artist is not None and known.get(folded(left_out.artist), 0) >= per_artist
            assert full or any(same_recording(left_out, other) for other in chosen)


def test_one_sound_is_one_song_however_it_is_tagged() -> None:
    diversity = Diversity()
    diversity.add(track(1, content="a", sound="s", title="One", artist="Nina"))
    assert not diversity.admits(track(2, content="b", sound="s", title="Other", artist="Somebody"))
    assert diversity.admits(track(3, content="c", sound="t"))
    assert diversity.admits(track(4, content="d", sound=None))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("/m/Artist/Album/song.mp3", "/m/Backup/song.mp3"),
        ("/m/Artist/Album/a song of a long name.mp3", "/m/Downloads/song.mp3"),
        ("/m/Artist/Album/song.mp3", "/m/Artist/Album/song (2).mp3"),
        ("/m/Artist/Album/song.mp3", "/m/Artist/Album/song - Copy.mp3"),
        ("/m/Artist/Album/song.mp3", "/m/Artist/Album/song 1.mp3"),
        ("/m/Artist/Album/song.mp3", "/m/Music-Backup 2019-05/Artist/Album/song.mp3"),
        ("/m/Artist/Old Ideas/song.mp3", "/m/old/song.mp3"),
        ("/m/가수/앨범/노래.mp3", "/m/다운로드/노래.mp3"),
    ],
)
def test_of_copies_those_that_were_put_aside_come_second(better: str, worse: str) -> None:
    for first, second in ((1, 2), (2, 1)):
        copies = [("s", first, better, "Album"), ("s", second, worse, "Album")]
        assert second_copies(copies, lambda _: True) == {second}
        assert second_copies(copies, lambda number: number == second) == set()  # noqa: B023 - used at once


def test_of_copies_the_one_of_an_album_comes_first() -> None:
    copies = [("s", 1, "/m/a.mp3", None), ("s", 2, "/m/x/song.mp3", "Album"), ("t", 3, "/m/b.mp3", None)]
    assert second_copies(copies, lambda _: True) == {1}


def test_case_and_spacing_make_no_other_song() -> None:
    diversity = Diversity()
    diversity.add(track(1, artist="Björk", title="Jóga", duration=305.0))
    assert not diversity.admits(track(2, artist="  BJÖRK", title="jóga ", duration=306.9))
    assert diversity.admits(track(3, artist="Björk", title="Jóga", duration=308.0))
    assert diversity.admits(track(4, artist="Björk", title="Bachelorette", duration=305.0))


def test_an_excluded_song_does_not_count_for_its_artist() -> None:
    diversity = Diversity(1)
    diversity.exclude(track(1, artist="Nina", title="Sinnerman"))
    assert not diversity.admits(track(1, artist="Nina", title="Sinnerman"))
    assert diversity.admits(track(2, artist="Nina", title="Feeling Good"))


def test_a_copy_goes_its_own_way() -> None:
    diversity = Diversity(1)
    diversity.add(track(1, artist="Nina", title="Sinnerman"))
    twin = diversity.copy()
    twin.add(track(2, artist="Bach", title="Air"))
    assert not twin.admits(track(3, artist="Nina"))
    assert not twin.admits(track(4, artist="Bach"))
    assert diversity.admits(track(4, artist="Bach"))


def test_a_file_and_a_row_of_a_table_are_one_song() -> None:
    diversity = Diversity()
    diversity.add(track(1, artist="Björk", title="Jóga", duration=305.0))
    assert not diversity.admits(unheard(2, "spotify:a", artist="björk", title="JÓGA", duration=305.4))
    assert not diversity.admits(unheard(3, "song:b", artist="björk", title="JÓGA", duration=None))
    assert diversity.admits(unheard(4, "spotify:c", artist="Björk", title="Jóga", duration=200.0))
    assert diversity.admits(unheard(5, "song:d", artist=None, title="Jóga", duration=None))


def test_an_album_is_known_by_its_artist_too() -> None:
    diversity = Diversity(per_album=1)
    diversity.add(track(1, content="a", title="One", artist="Nina", album="Greatest Hits"))
    assert not diversity.admits(track(2, content="b", title="Two", artist="nina", album="greatest hits"))
    assert not diversity.copy().admits(track(2, content="b", title="Two", artist="nina", album="greatest hits"))
    assert diversity.admits(track(3, content="c", title="Two", artist="Queen", album="Greatest Hits"))
    assert diversity.admits(track(4, content="d", title="Three", artist="Nina"))
    together = Diversity(per_album=1)
    together.add(track(5, content="e", artist="A", album="Now", album_artist="Various"))
    assert not together.admits(track(6, content="f", artist="B", album="Now", album_artist="Various"))
