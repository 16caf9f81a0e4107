"""Edits of an album by hand: the order, the lengths and the looks of its photos. Scenes and cues go along.

Every sheet that comes of one is valid, and has a shot for each photo. A change of photos that comes to lie elsewhere is
moved to a beat, as when the album was laid out first; one that stays where it was is left alone.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2music.affect import Affect
from img2music.errors import UsageError
from img2music.matching.passages import Passage, clock
from img2music.options import Captions, FilmShape, PhotoOrder, SlideshowOptions
from img2music.soundtrack.cue_sheet import Cue, CueSheet, Scene, SheetPhoto, SheetSlideshow, TimeSpan
from img2music.soundtrack.film import Film, frame_at, group, scene_of
from img2music.soundtrack.slideshow.clips import fitted, most
from img2music.soundtrack.slideshow.photos import Photo, ordered
from img2music.soundtrack.slideshow.plan import LEAST_SECONDS, MOST_SECONDS, Schedule, lasting, on_beats
from img2music.soundtrack.slideshow.sheets import film_of, frame_of, laid_out, seen_photos

MOST_PHOTOS = 1000
LEAST_CUE = 0.5
"""Seconds of the shortest cue that is left where the album gets shorter."""
SAME = 1e-6
"""Seconds by which times may differ that are the same."""


@dataclass(frozen=True, slots=True)
class PhotoMove:
    """Show a photo earlier or later: as the one of that number."""

    photo: int
    to: int


@dataclass(frozen=True, slots=True)
class PhotoAdd:
    """Show more photos and clips of the folder, by name, or all that are not shown; at the end, or from a number on."""

    names: tuple[str, ...] = ()
    to: int | None = None


@dataclass(frozen=True, slots=True)
class PhotoRemove:
    """Take a photo out of the album."""

    photo: int


@dataclass(frozen=True, slots=True)
class PhotoLength:
    """Show one photo for longer, or less long; what comes after it moves along."""

    photo: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PhotoCaption:
    """Write something on a photo; nothing, if it is empty; null: what the captions of the whole album say."""

    photo: int
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class AlbumOrder:
    """Bring all photos into order, and choose music for it; pinned music stays."""

    order: PhotoOrder


@dataclass(frozen=True, slots=True)
class AlbumLength:
    """Show all photos equally long: for so many seconds each, or until the album lasts so long with its clips."""

    seconds: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class AlbumLook:
    """Change the captions of all, the proportions of the film, or whether photos stand still."""

    captions: Captions | None = None
    shape: FilmShape | None = None
    still: bool | None = None


AlbumEdit = PhotoMove | PhotoAdd | PhotoRemove | PhotoLength | PhotoCaption | AlbumOrder | AlbumLength | AlbumLook
ALBUM_EDITS: dict[str, type[Any]] = {
    "photo-move": PhotoMove,
    "photo-add": PhotoAdd,
    "photo-remove": PhotoRemove,
    "photo-length": PhotoLength,
    "photo-caption": PhotoCaption,
    "album-order": AlbumOrder,
    "album-length": AlbumLength,
    "album-look": AlbumLook,
}
"""All edits of albums, by what they are called."""


class Album(Protocol):
    """What knows the photos of an album, and music."""

    least_scene: float
    clip_length: float  # seconds of a clip that are seen at most, where nobody has said how long

    def added(self, sheet: CueSheet, names: Sequence[str]) -> Sequence[Photo]:
        """Photos of the folder, by their names; or all that are not shown."""

    def photo(self, path: str) -> Photo:
        """What was read in a photo or clip."""

    def beats(self, cues: Sequence[Cue]) -> NDArray[np.float64]:
        """Seconds of the album at which there are beats of its music."""

    def chosen(self, sheet: CueSheet) -> tuple[Cue, ...]:
        """Cues for all of it that is not pinned or silenced, and those that are pinned."""


def rearranged(sheet: CueSheet, edit: AlbumEdit, album: Album) -> CueSheet:
    """Apply an edit of an album."""
    if sheet.slideshow is None:
        raise UsageError("This is a film, not an album: its pictures are as they are.")
    return _APPLIED[type(edit)](sheet, edit, album)


# The order


def _move(sheet: CueSheet, edit: PhotoMove, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    number = _number(state, edit.photo)
    order = list(range(len(state.shown)))
    order.insert(min(max(edit.to, 0), len(order) - 1), order.pop(number))
    to = order.index(number)
    # It becomes one of those between which it is put: of the scene before it, or of the first.
    beside = order[to - 1] if to else order[min(1, len(order) - 1)]
    moved = state.taken(order)
    if state.scenes is not None and moved.scenes is not None:
        scenes = [*moved.scenes]
        scenes[to] = state.scenes[beside]
        moved = replace(moved, scenes=scenes)
    return _made(sheet, moved, album)


def _add(sheet: CueSheet, edit: PhotoAdd, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    new = album.added(sheet, edit.names)
    if len(state.shown) + len(new) > MOST_PHOTOS:
        raise UsageError(f"An album has {MOST_PHOTOS} photos at most.")
    to = len(state.shown) if edit.to is None else min(max(edit.to, 0), len(state.shown))
    stills = [seconds for photo, seconds in zip(state.photos, state.lengths, strict=True) if photo.clip is None]
    usual = float(np.median(stills)) if stills else SlideshowOptions.seconds_per_photo

    def put(each: Sequence[Any], those: Sequence[Any]) -> list[Any]:
        return [*each[:to], *those, *each[to:]]

    photos = put(state.photos, new)
    longest = most(photos, state.schedule)[to : to + len(new)]
    wanted = [usual if photo.clip is None else album.clip_length for photo in new]
    lengths = [max(LEAST_SECONDS, min(pair)) for pair in zip(wanted, longest, strict=True)]
    beside = max(to - 1, 0)
    after = [*state.lengths]
    after[beside] += sum(lengths)  # so that music goes on under what is new
    made = replace(
        state,
        shown=put(state.shown, [SheetPhoto(photo.path, 0.0, 0) for photo in new]),
        photos=photos,
        lengths=put(state.lengths, lengths),
        longest=put(state.longest, lengths),
        scenes=None if state.scenes is None else put(state.scenes, [state.scenes[beside]] * len(new)),
    )
    return _along(sheet, made, after, album)


def _remove(sheet: CueSheet, edit: PhotoRemove, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    number = _number(state, edit.photo)
    if len(state.shown) == 1:
        raise UsageError("This is the last photo of the album, which has one at least.")
    after = [*state.lengths]
    after[number] = 0.0
    rest = [each for each in range(len(state.shown)) if each != number]
    return _along(sheet, state.taken(rest), after, album)


def _order(sheet: CueSheet, edit: AlbumOrder, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    photos = list(state.photos)
    by_name = sorted(photos, key=lambda photo: photo.path)
    wanted = by_name if edit.order is PhotoOrder.NAME else ordered(by_name, edit.order)
    places = {id(photo): number for number, photo in enumerate(photos)}
    state = replace(state.taken([places[id(photo)] for photo in wanted]), scenes=None)
    made = _made(sheet, state, album)
    return _chosen_again(made, album) if made.cues else made  # none, if there was none


# How long


def _length(sheet: CueSheet, edit: PhotoLength, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    number = _number(state, edit.photo)
    after = [*state.lengths]
    after[number] = min(max(edit.seconds, LEAST_SECONDS), state.longest[number])
    return _along(sheet, replace(state, lengths=after), after, album, [*state.schedule.times, sum(after[: number + 1])])


def _lengths(sheet: CueSheet, edit: AlbumLength, album: Album) -> CueSheet:
    state = _State.of(sheet, album)
    if (edit.seconds is None) == (edit.total is None):
        raise UsageError("Give either `seconds` or `total`.")
    still = [photo.clip is None for photo in state.photos]
    seconds = edit.seconds or 0.0
    if edit.total is not None:
        if not any(still):
            raise UsageError("There are only clips in this album, each as long as it is: change one of them.")
        clips = sum(length for length, is_still in zip(state.lengths, still, strict=True) if not is_still)
        seconds = (edit.total - clips) / sum(still)
        least, longest = (each * sum(still) + clips for each in (LEAST_SECONDS, MOST_SECONDS))
        if not least - 1e-6 <= edit.total <= longest + 1e-6:
            raise UsageError(f"With these photos an album lasts {clock(least)} to {clock(longest)}.")
    seconds = min(max(seconds, LEAST_SECONDS), MOST_SECONDS)
    after = [seconds if is_still else length for length, is_still in zip(state.lengths, still, strict=True)]
    return _along(sheet, replace(state, lengths=after), after, album, kept=[])


# How it looks


def _caption(sheet: CueSheet, edit: PhotoCaption, album: Album) -> CueSheet:
    show = _show(sheet)
    number = _number(_State.of(sheet, album), edit.photo)
    photos = list(show.photos)
    photos[number] = replace(photos[number], caption=edit.caption)
    return replace(sheet, slideshow=replace(show, photos=tuple(photos)))


def _look(sheet: CueSheet, edit: AlbumLook, _: Album) -> CueSheet:
    show = _show(sheet)
    if edit.captions is not None:
        show = replace(show, captions=edit.captions)
    if edit.still is not None:
        show = replace(show, still=edit.still)
    if edit.shape is not None:
        width, height = frame_of(SlideshowOptions(shape=edit.shape, size=min(show.width, show.height)))
        show = replace(show, width=width, height=height)
    return replace(sheet, slideshow=show)


_APPLIED: dict[type[Any], Callable[[CueSheet, Any, Album], CueSheet]] = {
    PhotoMove: _move,
    PhotoAdd: _add,
    PhotoRemove: _remove,
    PhotoLength: _length,
    PhotoCaption: _caption,
    AlbumOrder: _order,
    AlbumLength: _lengths,
    AlbumLook: _look,
}


# Help


@dataclass(frozen=True)
class _State:
    """An album between two sheets."""

    shown: Sequence[SheetPhoto]
    photos: Sequence[Photo]
    lengths: Sequence[float]  # seconds for which each is seen
    longest: Sequence[float]  # seconds for which each can be seen
    scenes: Sequence[Scene] | None  # of each; None: they are to be found
    schedule: Schedule  # before the edit

    @classmethod
    def of(cls, sheet: CueSheet, album: Album) -> "_State":
        photos, schedule = laid_out(sheet, album.photo)
        scenes = [scene for scene in sheet.scenes for _ in scene.shots]
        return cls(
            _show(sheet).photos,
            photos,
            np.diff(schedule.times).tolist(),
            [
                MOST_SECONDS if photo.clip is None else max(LEAST_SECONDS, seconds)
                for photo, seconds in zip(photos, most(photos, schedule), strict=True)
            ],
            scenes if len(scenes) == len(photos) else None,
            schedule,
        )

    def taken(self, order: Sequence[int]) -> "_State":
        """Those of these numbers, in this order."""

        def of(each: Sequence[Any]) -> list[Any]:
            return [each[number] for number in order]

        scenes = None if self.scenes is None else of(self.scenes)
        return replace(
            self,
            shown=of(self.shown),
            photos=of(self.photos),
            lengths=of(self.lengths),
            longest=of(self.longest),
            scenes=scenes,
        )


def _show(sheet: CueSheet) -> SheetSlideshow:
    assert sheet.slideshow is not None
    return sheet.slideshow


def _number(state: _State, photo: int) -> int:
    if not 0 <= photo < len(state.shown):
        raise UsageError(f"There is no photo {photo + 1}: the album has {len(state.shown)}.")
    return photo


def _along(
    sheet: CueSheet, state: _State, after: Sequence[float], album: Album, kept: ArrayLike | None = None
) -> CueSheet:
    """Let cues and silences stay with the photos under which they lie, which last so long now, and lasted otherwise."""
    before = state.schedule.times
    times = np.concatenate([[0.0], np.cumsum(after)])

    def moved(time: float) -> float:
        return float(np.interp(time, before, times))

    cues, lacking = [], False
    for cue in sheet.cues:
        start, end = moved(cue.start), moved(cue.end)
        song = np.inf if cue.track.duration is None else cue.track.duration
        lacking |= end - start > song + LEAST_CUE and not cue.pinned
        lacking |= SAME < end - start < LEAST_CUE  # or there would be no music under photos that are still there
        end = min(end, start + song)
        if end - start >= LEAST_CUE:
            cues.append(_placed(cue, start, end, song))
    spans = [
        TimeSpan(*each)
        for each in ((moved(one.start), moved(one.end)) for one in sheet.silences)
        if each[1] - each[0] > SAME
    ]
    duration = max(float(times[-1]), sheet.film.duration)  # until it is laid out
    there = replace(sheet, film=replace(sheet.film, duration=duration), cues=tuple(cues), silences=tuple(spans))
    made = _made(there, state, album, kept)
    return _chosen_again(made, album) if lacking else made


def _made(sheet: CueSheet, state: _State, album: Album, kept: ArrayLike | None = None) -> CueSheet:
    """Lay photos out on the time of a sheet whose cues lie where they will.

    Changes of photos stay at the ``kept`` times: where there was one before, if nothing is said.
    """
    schedule = lasting(state.lengths, state.schedule.rate, state.schedule.fade)
    longest = np.maximum(most(state.photos, schedule), LEAST_SECONDS)  # of a clip that comes from an end, less
    schedule = lasting(np.minimum(state.lengths, longest).tolist(), schedule.rate, schedule.fade)
    schedule = _on_beats(schedule, state.photos, sheet.cues, album, state.schedule.times if kept is None else kept)
    photos = fitted(state.photos, schedule)
    film = film_of(photos, schedule, sheet.film.path)
    scenes = group(film.shots, album.least_scene) if state.scenes is None else _joined(state.scenes, film)
    last = float(schedule.times[-1])
    captions = [each.caption for each in state.shown]
    shown = seen_photos([replace(photo, caption=text) for photo, text in zip(photos, captions, strict=True)], schedule)
    return replace(
        sheet,
        film=film.file,
        scenes=tuple(scenes),
        cues=tuple(_framed(cue, film) for cue in _ended(sheet.cues, last)),
        silences=tuple(TimeSpan(each.start, min(each.end, last)) for each in sheet.silences if each.start < last),
        slideshow=replace(_show(sheet), photos=shown),
    )


def _on_beats(
    schedule: Schedule, photos: Sequence[Photo], cues: Sequence[Cue], album: Album, kept: ArrayLike
) -> Schedule:
    """Move changes to beats, but for those that are at the ``kept`` times."""
    same = np.isin(schedule.changes, np.rint(np.asarray(kept) * schedule.rate))
    if same[1:-1].all():
        return schedule
    joins = np.array([cue.start for cue in cues[1:]])
    return on_beats(schedule, album.beats(cues), joins, most(photos, schedule), same)


def _chosen_again(sheet: CueSheet, album: Album) -> CueSheet:
    """Choose music for what a sheet shows now, and move changes of photos to its beats."""
    return _made(replace(sheet, cues=album.chosen(sheet)), _State.of(sheet, album), album, kept=[])


def _joined(scenes: Sequence[Scene], film: Film) -> list[Scene]:
    """Scenes of the shots whose they are, corrected as they were."""
    found = []
    for _, together in itertools.groupby(zip(scenes, film.shots, strict=True), key=lambda each: id(each[0])):
        members = list(together)
        scene, shots = members[0][0], tuple(shot for _, shot in members)
        made = scene_of(shots)
        read = scene_of(scene.shots).affect
        felt = (
            min(max(getattr(made.affect, axis) + getattr(scene.affect, axis) - getattr(read, axis), 0.0), 1.0)
            for axis in ("valence", "arousal")
        )
        found.append(replace(made, affect=Affect(*felt), measures=scene.measures))
    return found


def _placed(cue: Cue, start: float, end: float, song: float) -> Cue:
    """A cue that lies elsewhere, with the passage that it has, as far as its song goes."""
    lasts = end - start
    if abs(start - cue.start) < SAME and abs(end - cue.end) < SAME:
        return cue
    begin = max(0.0, min(cue.passage.start, song - lasts))
    fade_in, fade_out = (min(each, lasts) for each in (cue.fade_in, cue.fade_out))
    placed = replace(
        cue, start=start, end=end, passage=Passage(begin, begin + lasts), fade_in=fade_in, fade_out=fade_out
    )
    same = abs(begin - cue.passage.start) < SAME and abs(lasts - (cue.end - cue.start)) < SAME
    return placed if same else replace(placed, distance=None, beats=None)


def _framed(cue: Cue, film: Film) -> Cue:
    return replace(cue, start_frame=frame_at(film.times, cue.start), end_frame=frame_at(film.times, cue.end))


def _ended(cues: Iterable[Cue], last: float) -> list[Cue]:
    """Cues that end with the album, whose length is a whole number of pictures."""
    found = []
    for cue in cues:
        if cue.end > last:
            if last - cue.start < LEAST_CUE:
                continue
            lasts = last - cue.start
            cue = replace(cue, end=last, passage=Passage(cue.passage.start, cue.passage.start + lasts))  # noqa: PLW2901
        found.append(cue)
    return found
