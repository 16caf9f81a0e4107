"""Music for more of a film than before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from img2music.library.store import LibraryStore
from img2music.options import MatchMode, SpotOptions
from img2music.soundtrack.cue_sheet import Cue
from img2music.soundtrack.film import group
from img2music.soundtrack.rechoosing import continued
from img2music.soundtrack.spotting import candidates, spot
from tests.soundtrack.test_spotting import NATURAL, SONGS, film, titles
from tests.support.songs import library as make_library

OPTIONS = SpotOptions(match=MatchMode.ABSOLUTE, alternatives=0, least_song=12.0)


@pytest.fixture
def store(tmp_path: Path):
    with make_library(tmp_path / "library.db", SONGS) as opened:
        yield opened


def more(store: LibraryStore, before: Sequence[Cue], *parts: tuple[float, str]) -> tuple[Cue, ...]:
    seen = film(*parts)
    tracks = candidates(store, OPTIONS)
    return continued(seen, group(seen.shots), before, tracks, OPTIONS, store=store, natural=NATURAL)


def first(store: LibraryStore, *parts: tuple[float, str]) -> tuple[Cue, ...]:
    seen = film(*parts)
    return spot(seen, group(seen.shots), candidates(store, OPTIONS), OPTIONS, store=store, natural=NATURAL)


def test_what_is_heard_goes_on_when_more_of_a_film_is_known(store: LibraryStore) -> None:
    begun = first(store, (20.0, "calm"), (25.0, "lively"))
    assert titles(begun)[1:] == ["Dance"]
    # Its second song is now heard from elsewhere than it would be chosen.
    begun = (begun[0], replace(begun[1], passage=replace(begun[1].passage, start=7.0, end=32.0)))
    found = more(store, begun, (20.0, "calm"), (30.0, "lively"), (20.0, "sad"), (20.0, "calm"))
    assert found[0] == begun[0]
    assert (found[1].track, found[1].start, found[1].passage.start) == (begun[1].track, 20.0, 7.0)
    assert found[1].passage.end - 7.0 == pytest.approx(found[1].end - 20.0)
    assert [cue.end for cue in found] == pytest.approx([20.0, 50.0, 70.0, 90.0], abs=0.2)
    assert titles(found)[2] == "Tears"
    assert not any(cue.pinned for cue in found)
    assert more(store, found[:3], (20.0, "calm"), (30.0, "lively"), (20.0, "sad"), (90.0, "calm"))[:2] == found[:2]


def test_a_song_that_is_too_short_to_go_on_gives_way(store: LibraryStore) -> None:
    begun = first(store, (60.0, "lively"))
    assert titles(begun) == ["Dance"]
    found = more(store, begun, (200.0, "lively"))
    assert found[-1].end == pytest.approx(200.0)
    assert all(cue.passage.end <= 120.0 + 0.1 for cue in found)
