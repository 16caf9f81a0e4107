"""Edits of albums: each does what it says, and every sequence of them leaves a sheet that can be read back."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from img2music.affect import Affect
from img2music.errors import UsageError
from img2music.matching.passages import Passage
from img2music.media.film_survey import Survey
from img2music.options import Captions, FilmShape, PhotoOrder, SlideshowOptions
from img2music.soundtrack.cue_sheet import Cue, CueSheet, CueTrack, TimeSpan, parse
from img2music.soundtrack.editing import SceneAffect, SceneBorder, edited
from img2music.soundtrack.film import group
from img2music.soundtrack.formats import as_json
from img2music.soundtrack.slideshow import rearranging
from img2music.soundtrack.slideshow.photos import Clip, Photo
from img2music.soundtrack.slideshow.plan import lasting
from img2music.soundtrack.slideshow.rearranging import ALBUM_EDITS, AlbumEdit, rearranged
from img2music.soundtrack.slideshow.sheets import film_of, sheet_of
from tests.soundtrack.test_editing import Choosing

SONG = 20.0
BEAT = 0.7


def photo(name: str, hours: int, valence: float, arousal: float, clip: Clip | None = None) -> Photo:
    taken = datetime(2024, 7, 1) + timedelta(hours=hours)
    return Photo(f"/photos/{name}.jpg", (400, 300), Affect(valence, arousal), taken, True, None, clip=clip)


def clip(seconds: float) -> Clip:
    times = np.arange(0.0, seconds, 0.5)
    survey = Survey(Fraction(0), seconds, 25.0, 0.0, 0.0, False, None, None, {})
    return Clip(survey, np.column_stack([times, np.full(len(times), 0.6), np.full(len(times), 0.4)]))


PHOTOS = [
    photo("a", 5, 0.9, 0.2),
    photo("b", 1, 0.9, 0.25),
    photo("c", 3, 0.2, 0.8),
    photo("d", 2, 0.15, 0.9),
    photo("e", 4, 0.5, 0.5),
]


class Knowing:
    """An album whose music has even beats, and is chosen as one song after the other."""

    least_scene, clip_length = 3.0, 10.0

    def __init__(self, photos: Sequence[Photo] = PHOTOS) -> None:
        self._photos = {each.path: each for each in photos}
        self.choices = 0

    def added(self, sheet: CueSheet, names: Sequence[str]) -> list[Photo]:
        taken = {each.path for each in sheet.slideshow.photos} if sheet.slideshow else set()
        wanted = "yz" if names else "0123456789"
        new = [photo(name, 7, 0.6, 0.6, clip(4.0) if names else None) for name in wanted]
        found = next((each for each in new if each.path not in taken), None)
        if found is None:
            raise UsageError("There is nothing else.")
        self._photos[found.path] = found
        return [found]

    def photo(self, path: str) -> Photo:
        return self._photos[path]

    def beats(self, cues: Sequence[Cue]) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(np.arange(each.start, each.end, BEAT) for each in cues)])

    def chosen(self, sheet: CueSheet) -> tuple[Cue, ...]:
        self.choices += 1
        starts = np.arange(0.0, sheet.film.duration - 0.5, SONG)
        ends = [*starts[1:].tolist(), sheet.film.duration]
        return tuple(cue(start, end, 9) for start, end in zip(starts.tolist(), ends, strict=True))


def cue(start: float, end: float, number: int, offset: float = 0.0) -> Cue:
    track = CueTrack(f"/music/{number}.flac", f"Song {number}", duration=SONG, id=number)
    return Cue(start, end, track, Passage(offset, offset + end - start), distance=0.1)


def made(photos: Sequence[Photo] = PHOTOS, lengths: Sequence[float] = (4.0,) * 5) -> CueSheet:
    """An album with a song under its first two photos, and one under the rest."""
    schedule = lasting(lengths, 30, 1.0)
    film = film_of(photos, schedule, "/photos/Trip.mp4")
    cues = (cue(0.0, 8.0, 1, 3.0), cue(8.0, schedule.duration, 2)) if len(photos) > 2 else ()
    return sheet_of(film, photos, schedule, SlideshowOptions(), cues=cues, scenes=group(film.shots, 3.0))


SHEET = made()


def done(edit: AlbumEdit, sheet: CueSheet = SHEET, album: Knowing | None = None) -> CueSheet:
    return rearranged(sheet, edit, album or Knowing())


def names(sheet: CueSheet) -> str:
    assert sheet.slideshow is not None
    return "".join(each.path[8] for each in sheet.slideshow.photos)


def starts(sheet: CueSheet) -> list[float]:
    assert sheet.slideshow is not None
    return [round(each.start, 2) for each in sheet.slideshow.photos]


def scenes(sheet: CueSheet) -> list[int]:
    return [len(scene.shots) for scene in sheet.scenes]


def test_a_photo_is_dragged_elsewhere_and_joins_the_scene_there() -> None:
    assert (names(SHEET), scenes(SHEET)) == ("abcde", [2, 2, 1])
    moved = done(rearranging.PhotoMove(0, 2))
    assert (names(moved), scenes(moved)) == ("bcade", [1, 3, 1])
    assert starts(moved) == starts(SHEET)
    assert moved.cues == tuple(
        replace(each, start_frame=round(30 * each.start), end_frame=round(30 * each.end)) for each in SHEET.cues
    )
    assert (names(done(rearranging.PhotoMove(4, 0))), scenes(done(rearranging.PhotoMove(4, 0)))) == ("eabcd", [3, 2])
    assert names(done(rearranging.PhotoMove(1, 99))) == "acdeb"
    assert done(rearranging.PhotoMove(2, 2)).slideshow == SHEET.slideshow


def test_a_photo_is_taken_out_and_music_stays_with_the_others() -> None:
    without = done(rearranging.PhotoRemove(1))
    assert (names(without), scenes(without), without.film.duration) == ("acde", [1, 2, 1], 16.0)
    assert [(each.start, each.end) for each in without.cues] == [(0.0, 4.0), (4.0, 16.0)]
    assert without.cues[0].passage == Passage(3.0, 7.0)
    assert (without.cues[0].distance, without.cues[1].distance) == (None, 0.1)  # the second only lies earlier


def test_a_photo_is_added_with_music_under_it() -> None:
    for to, wanted in ((0, "0abcde"), (2, "ab0cde"), (None, "abcde0")):
        sheet = done(rearranging.PhotoAdd(to=to))
        assert names(sheet) == wanted
        assert sheet.film.duration == 24.0
        joined = 8.0 if to is None else 12.0
        assert [(one.start, one.end) for one in sheet.cues] == [(0.0, joined), (joined, 24.0)]
    whole = done(rearranging.PhotoAdd(("new",), 2))
    assert starts(whole)[3] - starts(whole)[2] == pytest.approx(3.0, abs=0.04)  # 4 s but for the cross-fades


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.2, 8.0), min_size=1, max_size=30))
def test_music_is_left_where_an_album_gets_as_short_as_it_can(parts: list[float]) -> None:
    edges = np.concatenate([[0.0], np.cumsum(parts)]) / sum(parts) * 20.0
    cues = tuple(cue(start, end, number) for number, (start, end) in enumerate(itertools.pairwise(edges.tolist())))
    sheet = done(rearranging.AlbumLength(total=5.0), replace(SHEET, cues=cues))
    assert sheet.film.duration == 5.0
    heard = sum(one.end - one.start for one in sheet.cues)
    assert heard == pytest.approx(5.0, abs=0.01)
    with pytest.raises(UsageError, match="an album lasts 0:05 to 5:00"):
        done(rearranging.AlbumLength(total=4.9))


def test_the_last_photo_stays() -> None:
    sheet = SHEET
    for _ in range(4):
        sheet = done(rearranging.PhotoRemove(0), sheet)
    with pytest.raises(UsageError, match="last photo"):
        done(rearranging.PhotoRemove(0), sheet)


def test_one_photo_is_seen_for_longer() -> None:
    longer = done(rearranging.PhotoLength(0, 9.0))
    assert starts(longer)[:2] == [0.0, 9.0]  # exactly as long as was said, on a beat or not
    assert longer.film.duration == 25.0
    assert [(each.start, each.end) for each in longer.cues] == [(0.0, 13.0), (13.0, 25.0)]
    assert done(rearranging.PhotoLength(0, 999.0)).film.duration == 76.0
    assert done(rearranging.PhotoLength(0, -1.0)).film.duration == 17.0


def test_changes_that_come_to_lie_elsewhere_are_on_beats() -> None:
    longer = done(rearranging.AlbumLength(seconds=3.0))
    beats = Knowing().beats(longer.cues)
    off = [np.abs(beats - each).min() for each in starts(longer)[1:]]
    assert max(off) < 1 / 30
    assert longer.film.duration == 15.0
    assert max(abs(each - 3.0 * number) for number, each in enumerate(starts(longer))) < 0.75


def test_an_album_gets_as_long_as_is_wished() -> None:
    album = Knowing()
    assert done(rearranging.AlbumLength(total=30.0), album=album).film.duration == 30.0
    assert album.choices == 0
    longest = done(rearranging.AlbumLength(total=240.0), album=album)
    assert (album.choices, longest.film.duration) == (1, 240.0)  # songs of 20 s don't last so long: others are chosen
    assert len(longest.cues) == 12
    for wrong in (rearranging.AlbumLength(), rearranging.AlbumLength(3.0, 20.0), rearranging.AlbumLength(total=4.0)):
        with pytest.raises(UsageError):
            done(wrong)


def test_photos_come_by_date_by_mood_and_by_name() -> None:
    album = Knowing()
    assert names(done(rearranging.AlbumOrder(PhotoOrder.DATE), album=album)) == "bdcea"
    assert album.choices == 1
    mood = done(rearranging.AlbumOrder(PhotoOrder.MOOD))
    assert names(mood)[0] == "a"
    assert scenes(mood) == [len(scene.shots) for scene in group([s for each in mood.scenes for s in each.shots], 3.0)]
    assert names(done(rearranging.AlbumOrder(PhotoOrder.NAME), mood)) == "abcde"
    silent = done(rearranging.AlbumOrder(PhotoOrder.DATE), replace(SHEET, cues=()), album)
    assert (silent.cues, album.choices) == ((), 1)


def test_looks_change_nothing_else() -> None:
    looks = rearranging.AlbumLook(captions=Captions.NAME, shape=FilmShape.TALL, still=True)
    changed = done(looks)
    assert changed.slideshow is not None
    assert SHEET.slideshow is not None
    assert (changed.slideshow.width, changed.slideshow.height, changed.slideshow.still) == (1080, 1920, True)
    square = done(rearranging.AlbumLook(shape=FilmShape.SQUARE), changed)
    assert square.slideshow == replace(changed.slideshow, width=1080, height=1080)
    assert replace(changed, slideshow=SHEET.slideshow) == SHEET
    written = done(rearranging.PhotoCaption(1, "By the sea"))
    assert written.slideshow is not None
    assert [each.caption for each in written.slideshow.photos] == [None, "By the sea", None, None, None]
    assert names(done(rearranging.PhotoMove(1, 0), written)) == "bacde"
    assert done(rearranging.PhotoMove(1, 0), written).slideshow.photos[0].caption == "By the sea"  # type: ignore[union-attr]


def test_a_scene_that_was_corrected_stays_so_with_other_photos() -> None:
    said = edited(SHEET, SceneAffect(0, 0.5, 0.5), Choosing())
    moved = done(rearranging.PhotoMove(4, 0), said)
    read = moved.scenes[0].shots
    mean = np.mean([each.affect.valence for each in read])
    assert moved.scenes[0].affect.valence == pytest.approx(mean + 0.5 - SHEET.scenes[0].affect.valence)


def test_the_border_of_a_scene_lies_between_photos() -> None:
    moved = edited(SHEET, SceneBorder(1, 6.7), Choosing())
    assert (scenes(moved), moved.scenes[1].start) == ([2, 2, 1], 8.0)
    assert scenes(edited(SHEET, SceneBorder(1, 0.0), Choosing())) == [1, 3, 1]
    assert scenes(edited(SHEET, SceneBorder(2, 12.4), Choosing())) == [2, 1, 2]


def test_a_clip_is_seen_no_longer_than_it_lasts() -> None:
    photos = [*PHOTOS[:2], photo("x", 9, 0.5, 0.5, clip(6.0)), *PHOTOS[2:]]
    album, sheet = Knowing(photos), made(photos, [4.0] * 6)
    assert done(rearranging.PhotoLength(2, 60.0), sheet, album).film.duration == 25.0  # 6 s but for the cross-fade
    even = done(rearranging.AlbumLength(total=34.0), sheet, album)
    assert even.film.duration == 34.0
    assert even.slideshow is not None
    moved = done(rearranging.PhotoMove(2, 5), sheet, album)
    assert names(moved) == "abcdex"
    last = done(rearranging.PhotoLength(5, 60.0), moved, album)
    assert last.film.duration == pytest.approx(25.5, abs=0.3)  # one cross-fade, of which half counts
    back = starts(done(rearranging.PhotoMove(5, 2), last, album))
    assert back[3] - back[2] == pytest.approx(5.0, abs=0.04)
    with pytest.raises(UsageError, match="only clips"):
        done(rearranging.AlbumLength(total=9.0), made([photos[2]], [4.0]), album)


def test_a_film_is_no_album() -> None:
    with pytest.raises(UsageError, match="not an album"):
        done(rearranging.PhotoMove(0, 1), replace(SHEET, slideshow=None))
    for wrong in (rearranging.PhotoMove(5, 0), rearranging.PhotoLength(-1, 3.0), rearranging.PhotoCaption(7, "")):
        with pytest.raises(UsageError, match="There is no photo"):
            done(wrong)


NUMBERS = st.integers(0, 5)
SECONDS = st.floats(0.0, 90.0)
MADE: dict[str, st.SearchStrategy[Any]] = {
    "photo-move": st.builds(rearranging.PhotoMove, NUMBERS, NUMBERS),
    "photo-add": st.builds(rearranging.PhotoAdd, st.just(()) | st.just(("new",)), st.none() | NUMBERS),
    "photo-remove": st.builds(rearranging.PhotoRemove, NUMBERS),
    "photo-length": st.builds(rearranging.PhotoLength, NUMBERS, SECONDS),
    "photo-caption": st.builds(rearranging.PhotoCaption, NUMBERS, st.text(max_size=9) | st.none()),
    "album-order": st.builds(rearranging.AlbumOrder, st.sampled_from(PhotoOrder)),
    "album-length": st.builds(rearranging.AlbumLength, SECONDS)
    | st.builds(rearranging.AlbumLength, st.none(), SECONDS),
    "album-look": st.builds(
        rearranging.AlbumLook,
        st.sampled_from(Captions) | st.none(),
        st.sampled_from(FilmShape) | st.none(),
        st.booleans() | st.none(),
    ),
}
BORDERS = st.builds(SceneBorder, NUMBERS, SECONDS)


def test_every_edit_is_tried() -> None:
    assert MADE.keys() == ALBUM_EDITS.keys()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(*MADE.values(), BORDERS), max_size=6), st.booleans())
def test_every_sequence_leaves_a_sheet_that_can_be_read_back(edits: list[Any], with_clip: bool) -> None:
    photos = [*PHOTOS[:2], photo("x", 9, 0.5, 0.5, clip(6.0)), *PHOTOS[2:4]] if with_clip else PHOTOS
    album, sheet = Knowing(photos), replace(made(photos), silences=(TimeSpan(18.0, 20.0),))
    for edit in edits:
        before = names(sheet)
        try:
            by_hand = isinstance(edit, SceneBorder)
            sheet = edited(sheet, edit, Choosing()) if by_hand else rearranged(sheet, edit, album)
        except UsageError:
            continue
        sheet = parse(as_json(sheet), "again")
        show = sheet.slideshow
        assert show is not None
        removed, added = isinstance(edit, rearranging.PhotoRemove), isinstance(edit, rearranging.PhotoAdd)
        assert len(names(sheet)) == len(before) - removed + added
        assert added or set(names(sheet)) <= set(before)
        shots = [shot for scene in sheet.scenes for shot in scene.shots]
        assert [round(shot.start, 3) for shot in shots] == [each.start for each in show.photos]
        assert shots[-1].end == sheet.film.duration == pytest.approx((sheet.film.frames or 0) / 30, abs=1e-3)
        lengths = np.diff([*(each.start for each in show.photos), sheet.film.duration])
        assert lengths.min() > 0.4  # a second, less what a change moves to a beat
        for each in show.photos:
            assert (each.clip_start is not None) == (each.path[8] in "xyz")
