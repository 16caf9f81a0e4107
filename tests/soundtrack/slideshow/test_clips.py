"""Films among the photos of a slideshow: which part is seen, how it looks, and what it sounds like."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError
from img2music.media.photo_info import read_film_info
from img2music.media.video import VideoFile, survey_of
from img2music.media.xmp import PhotoInfo, write_xmp
from img2music.options import OriginalSound, ScoreOptions, SlideshowOptions
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.cue_sheet import CueSheet, FilmFile, OwnSound, SheetPhoto, SheetSlideshow, TimeSpan
from img2music.soundtrack.film import Film
from img2music.soundtrack.liveliness import liveliest
from img2music.soundtrack.own_sound import AlbumTrack
from img2music.soundtrack.slideshow.clips import felt, fitted, lengths, seconds_of
from img2music.soundtrack.slideshow.drawing import DrawnClip, pictures
from img2music.soundtrack.slideshow.photos import Clip, Photo
from img2music.soundtrack.slideshow.plan import lasting
from img2music.soundtrack.slideshow.sheets import film_of, sheet_of
from img2music.soundtrack.sound import Heard, Mix, asked
from tests.support.films import write_film
from tests.support.soundtracks import Track, film

NATURAL = AffectDistribution(np.linspace(0.2, 0.8, 50), np.linspace(0.2, 0.8, 50))


def read(seconds: float, arousals: list[float] | None = None, movement: Any = ()) -> Film:
    """A film as it is read, with the arousal of each half second."""
    times = np.arange(0.0, seconds, 0.5)
    curve = np.column_stack([times, np.full(len(times), 0.5), arousals or np.full(len(times), 0.5)])
    moved = np.array(movement or np.zeros((0, 2)))
    return Film(FilmFile("/clip.mp4", seconds, 25.0), times, (), (), curve, movement=moved)


def moving(path: Path, seconds: float, start: float = 0.0, curve: Any = None) -> Photo:
    """A clip of a file."""
    known = np.array([[0.0, 0.5, 0.5]]) if curve is None else curve
    clip = Clip(survey_of(path), known, start)
    return Photo(str(path), (64, 36), Affect(0.5, 0.5), datetime(2021, 5, 1), dated=True, title=None, clip=clip)


def numbered(path: Path, seconds: float, rate: float = 20.0, size: tuple[int, int] = (64, 36), **rest: Any) -> Path:
    """A film whose pictures get lighter, by 4 of 255 each tenth of a second."""
    times = np.arange(round(seconds * rate)) / rate
    shades = np.minimum(255, 20 + 4 * (times * 10 + 1e-6).astype(int))
    shown = ((time, np.full((size[1], size[0], 3), shade, np.uint8)) for time, shade in zip(times, shades, strict=True))
    return write_film(path, shown, rate=rate, options={"crf": "1"}, **rest)


def lightness(planes: Any) -> float:
    """Level in 0 to 255 of the middle of a picture."""
    light = planes.light
    return float((light[len(light) // 2, light.shape[1] // 2] - 16.0) / 219.0 * 255.0)


def test_the_liveliest_part_is_found_by_what_is_seen_moves_and_is_said() -> None:
    assert liveliest(read(3.0), Heard(None), NATURAL, 5.0) == 0.0
    assert liveliest(read(30.0), Heard(None), NATURAL, 5.0) == 0.0  # the earliest, where all are alike
    lively = [0.5] * 30 + [0.8] * 10 + [0.5] * 20
    assert liveliest(read(30.0, lively), Heard(None), NATURAL, 5.0) == 15.0
    moves = [(time, 0.5 if 20.0 <= time < 25.0 else 0.0) for time in np.arange(0.0, 30.0, 0.04).tolist()]
    assert liveliest(read(30.0, movement=moves), Heard(None), NATURAL, 5.0) == pytest.approx(20.0, abs=0.5)
    speech = OwnSound(OriginalSound.DUCK, 12.0, speech=(TimeSpan(14.0, 17.2), TimeSpan(19.0, 21.0)))
    begins = liveliest(read(30.0, lively), Heard(speech), NATURAL, 5.0)
    assert not any(part.start < edge < part.end for part in speech.speech or () for edge in (begins, begins + 5.0))


def test_a_clip_is_seen_as_long_as_it_lasts_and_no_longer_than_is_wanted() -> None:
    options = SlideshowOptions(clip_length=8.0)
    assert [seconds_of(seconds, options) for seconds in (0.1, 1.5, 6.0, 9.0, 3600.0)] == [1.0, 1.0, 5.0, 8.0, 8.0]


def test_a_clip_is_seen_whole_wherever_it_is(tmp_path: Path) -> None:
    clips = [moving(numbered(tmp_path / "a.mp4", 4.0), 4.0)] * 3
    for photos in (clips, clips[:2], clips[:1]):
        schedule = lasting(lengths(photos, 4.0, SlideshowOptions()), 25, 1.0)
        assert [schedule.seconds(number) for number in range(len(photos))] == pytest.approx(
            [4.0] * len(photos), abs=0.05
        )


def test_a_clip_begins_where_it_has_enough_left(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.mp4", 4.0)
    curve = np.column_stack([np.arange(0.0, 4.0, 0.5), np.linspace(0.1, 0.8, 8), np.linspace(0.2, 0.9, 8)])
    photos = [moving(path, 4.0, 3.0, curve)] * 3
    schedule = lasting([2.0, 2.0, 5.0], 25, 1.0)
    first, second, third = (each.clip.start for each in fitted(photos, schedule) if each.clip)
    assert (first, second, third) == (pytest.approx(1.5), pytest.approx(1.0), 0.0)
    assert felt(photos[0], 1.0).affect.arousal == pytest.approx(0.85)


def test_the_film_has_the_moods_of_photos_and_clips(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.mp4", 6.0)
    curve = np.array([[0.0, 0.2, 0.1], [6.0, 0.8, 0.7]])
    still = Photo("/a.jpg", (4, 3), Affect(0.4, 0.9), datetime(2021, 5, 1), dated=True, title=None)
    photos, schedule = [still, moving(path, 6.0, 0.5, curve), still], lasting([4.0, 4.0, 4.0], 30, 1.0)
    made = film_of(photos, schedule, Path("f.mp4"))
    by_time = {time: (valence, arousal) for time, valence, arousal in made.curve.tolist()}
    assert len(by_time) == 24
    assert by_time[2.0] == by_time[10.0] == pytest.approx((0.4, 0.9))
    assert by_time[6.0] == pytest.approx((0.5, 0.4))  # three seconds of the clip
    assert by_time[4.0] == pytest.approx((0.35, 0.55))  # both, half
    told = sheet_of(made, photos, schedule, SlideshowOptions()).slideshow
    assert told is not None
    clip = told.photos[1]
    assert (clip.start, clip.clip_start) == (4.0, 1.0)


def drawn(
    path: Path, start: float, seconds: float, moments: list[float], frame: tuple[int, int] = (64, 36)
) -> list[Any]:
    clip = DrawnClip(str(path), Clip(survey_of(path), np.zeros((1, 3)), start), frame, seconds)
    try:
        return [clip.draw(moment / seconds) for moment in moments]
    finally:
        clip.close()


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_each_picture_is_seen_at_its_time(tmp_path: Path, ending: str) -> None:
    path = numbered(tmp_path / f"a.{ending}", 4.0)
    moments = [0.0, 0.5, 0.55, 1.0, 1.95]
    seen = [lightness(each) for each in drawn(path, 1.0, 2.0, moments)]
    assert seen == [pytest.approx(20 + 4 * int((1.0 + moment) * 10 + 1e-6), abs=2) for moment in moments]
    before = drawn(path, -0.5, 2.0, [0.0, 0.4, 0.7])  # the first one stands still
    assert [lightness(each) for each in before] == pytest.approx([20, 20, 28], abs=2)
    after = drawn(path, 3.5, 3.0, [0.0, 0.45, 2.9])  # and so does the last
    assert lightness(after[1]) == lightness(after[2]) == pytest.approx(20 + 4 * 39, abs=2)


def test_a_clip_of_any_rate_shape_and_turn_is_seen_upright_and_whole(tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.1, 60))
    shades = np.arange(60) * 37 % 200 + 20
    shown = ((time, np.full((38, 66, 3), shade, np.uint8)) for time, shade in zip(times.tolist(), shades, strict=True))
    uneven = write_film(tmp_path / "a.mkv", shown, rate=24.0, options={"crf": "1"})
    seen = [lightness(each) for each in drawn(uneven, 0.0, 2.0, [0.5, 1.0, 1.5])]
    origin = times[0]
    expected = [shades[np.searchsorted(times, origin + at + 0.002) - 1] for at in (0.5, 1.0, 1.5)]
    assert seen == pytest.approx(expected, abs=4)
    left = np.full((36, 64, 3), 40, dtype=np.uint8)
    left[:, 32:] = 220
    turned = write_film(tmp_path / "b.mp4", ((number / 25, left) for number in range(25)), rate=25.0, turned=90)
    (picture,) = drawn(turned, 0.0, 1.0, [0.2], frame=(160, 90))
    box = picture.light[:, 56:104]  # 50 of 160 pixels wide, in the middle
    rgb = (box.astype(float) - 16) / 219 * 255
    assert {round(float(rgb[10].mean()), -1), round(float(rgb[80].mean()), -1)} == {40.0, 220.0}
    around = (picture.light[45, 10].astype(float) - 16) / 219 * 255
    assert 60 < around < 200  # itself, blurred


def test_clips_cross_fade_and_are_closed(tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.mp4", 4.0)
    still = tmp_path / "b.png"
    Image.new("RGB", (64, 36), (200, 200, 200)).save(still)
    photo = Photo(str(still), (64, 36), Affect(0.5, 0.5), datetime(2021, 5, 1), dated=True, title=None)
    photos, schedule = [photo, moving(path, 4.0, 0.0), photo], lasting([2.0, 2.0, 2.0], 10, 1.0)
    levels = [lightness(each) for each in pictures(photos, schedule, (64, 36), [None] * 3)]
    assert len(levels) == 60
    assert levels[10] == pytest.approx(200, abs=2)
    assert levels[20] == pytest.approx((200 + 40) / 2, abs=3)
    assert levels[30] == pytest.approx(20 + 4 * 15, abs=3)
    assert levels[45] == pytest.approx(200, abs=3)


def tone(seconds: float, hertz: float) -> Any:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)[None]


def show(*photos: SheetPhoto, fade: float = 1.0) -> SheetSlideshow:
    return SheetSlideshow(64, 36, photos, cross_fade=fade)


def test_a_clip_is_heard_as_its_pictures_come_and_go(tmp_path: Path) -> None:
    both = np.concatenate([tone(3.0, 220.0), tone(3.0, 880.0)], axis=1)
    path = film(tmp_path / "a.mov", 6.0, Track(both, "mono"))
    silent = film(tmp_path / "b.mov", 2.0)
    clips = [SheetPhoto(str(path), 4.0, clip_start=1.5), SheetPhoto(str(silent), 8.0, clip_start=0.5)]
    made = show(SheetPhoto("/a.jpg", 0.0), *clips, SheetPhoto("/b.jpg", 10.0))
    track = AlbumTrack.of(made, 14.0)
    assert track is not None
    assert len(track.clips) == 1
    sound = np.concatenate(list(track.blocks([(0, 14 * RATE)])))
    assert sound.shape == (14 * RATE, 2)
    level = np.sqrt((sound[:, 0].reshape(-1, RATE // 10) ** 2).mean(axis=1))
    assert level[:35].max() == level[85:].max() == 0.0
    assert (np.diff(level[35:46]) > 0).all()  # over the cross-fade
    assert level[46:74] == pytest.approx(0.15 * np.ones(28), rel=0.1)  # of one channel, half of its power each
    quarters = [sound[at * RATE : at * RATE + RATE // 4, 0] for at in (5, 6)]
    turns = [np.abs(np.diff(np.sign(part))).sum() / 2 for part in quarters]
    assert turns == [pytest.approx(110, abs=2), pytest.approx(440, abs=2)]  # 1.5 s into it, it changes
    parts = np.concatenate(list(track.blocks([(5 * RATE, 6 * RATE), (7 * RATE, 9 * RATE)])))
    assert np.abs(parts - np.concatenate([sound[5 * RATE : 6 * RATE], sound[7 * RATE : 9 * RATE]])).max() < 1e-3
    assert AlbumTrack.of(show(SheetPhoto("/a.jpg", 0.0), SheetPhoto(str(silent), 4.0, clip_start=0.5)), 8.0) is None
    with pytest.raises(InputError):
        AlbumTrack.of(show(SheetPhoto(str(tmp_path / "gone.mp4"), 0.0, clip_start=0.0)), 4.0)


def test_the_own_sound_of_a_slideshow_is_that_of_its_clips(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mov", 4.0, Track(tone(4.0, 440.0), "mono"))
    photos = [SheetPhoto("/a.jpg", 0.0), SheetPhoto(str(path), 2.0, clip_start=0.5)]
    sheet = CueSheet(FilmFile("/no/such/film.mp4", 4.0, 25.0), (), (), slideshow=show(*photos))
    assert asked(sheet, ScoreOptions()).use is OriginalSound.DUCK
    mix = Mix.of(sheet, ScoreOptions(), "/no/such/film.mp4", 4.0)
    assert isinstance(mix.own, AlbumTrack)
    only = CueSheet(FilmFile("/no/such/film.mp4", 4.0, 25.0), (), (), slideshow=show(photos[0]))
    assert asked(only, ScoreOptions()).use is OriginalSound.DROP
    assert [what for what, _ in sheet.files] == ["photo 1", "clip 2"]


@pytest.mark.parametrize(
    ("name", "told", "taken"),
    [
        ("creation_time", "2021-05-06T07:08:09Z", datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC).astimezone()),
        ("com.apple.quicktime.creationdate", "2021-05-06T07:08:09+0900", datetime(2021, 5, 6, 7, 8, 9)),
        ("creation_time", "1904-01-01T00:00:00Z", None),
        ("creation_time", "nonsense", None),
    ],
)
def test_when_a_film_was_taken(tmp_path: Path, name: str, told: str, taken: datetime | None) -> None:
    path = written(tmp_path, {name: told, "title": "By the sea"})
    with VideoFile(path) as video:
        info = read_film_info(video)
    assert info.taken == (None if taken is None else taken.replace(tzinfo=None))
    assert info.title == "By the sea"


def written(folder: Path, told: dict[str, str]) -> Path:
    path = folder / "a.mov"
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as out:
        out.metadata.update(told)
        stream: Any = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height = 32, 32
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        out.mux(stream.encode(None))
    return path


def test_what_lies_beside_a_film_is_read_as_beside_a_photo(tmp_path: Path) -> None:
    def read(path: Path) -> PhotoInfo:
        with VideoFile(path) as video:
            return read_film_info(video)

    beside = tmp_path / "a.mov.supplemental-metadata.json"
    seconds = str(int(datetime(2021, 5, 6, 7, 8, 9).timestamp()))
    beside.write_text(json.dumps({"description": "At sea", "photoTakenTime": {"timestamp": seconds}}))
    taken = datetime(2021, 5, 6, 7, 8, 9)
    assert read(written(tmp_path, {})) == PhotoInfo(taken, "At sea")
    own = {"com.apple.quicktime.creationdate": "2021-05-06T16:08:09+0900", "title": "By the sea"}
    assert read(written(tmp_path, own)) == PhotoInfo(datetime(2021, 5, 6, 16, 8, 9), "At sea")  # by the camera's clock
    old = {"com.apple.quicktime.creationdate": "2001-05-06T16:08:09+0900"}
    assert read(written(tmp_path, old)).taken == taken  # somebody has corrected it
    (tmp_path / "a.xmp").write_bytes(write_xmp(PhotoInfo(datetime(1990, 1, 2), "XMP")))
    assert read(written(tmp_path, old)) == PhotoInfo(datetime(1990, 1, 2), "XMP")
