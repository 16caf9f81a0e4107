"""Timelines read back by OpenTimelineIO: every clip at its frame."""

import itertools
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.matching.passages import Passage
from img2music.soundtrack.cue_sheet import Cue, CueSheet, CueTrack, FilmFile, SheetScene
from img2music.soundtrack.formats import written
from img2music.soundtrack.timelines.arrangement import Arrangement, arrange, frame, timeline_rate
from img2music.soundtrack.timelines.timecode import timecode
from tests.films import Still, make_film
from tests.sounds import encode, tone

FPS = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
GOLDEN = Path(__file__).with_name("golden")
NAMES = ("song", "caf\u00e9 100% \"loud\" 'n' <new> & old", "line\nbreak", "\udce9t\udce9", "\u97f3\u697d")


@st.composite
def sheets(draw: st.DrawFn) -> CueSheet:
    """Cue sheets of films and songs that are not there."""
    fps = draw(st.sampled_from(FPS))
    lengths = draw(st.lists(st.floats(2.0, 40.0), min_size=1, max_size=6))
    edges = [0.0, *itertools.accumulate(lengths)]
    cues = []
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        name = draw(st.sampled_from(NAMES))
        begin = draw(st.floats(0.0, 100.0))
        fades = draw(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0)))
        track = CueTrack(number, f"/music/{name}{number}.mp3", name, "Artist", None, begin + end - start + 10.0)
        gain = draw(st.floats(-24.0, 12.0))
        cues.append(Cue(start, end, None, None, track, Passage(begin, begin + end - start), *fades, gain, 0.1, "why"))
    scenes = tuple(SheetScene(a, b, None, None, Affect(0.25, 0.75)) for a, b in itertools.pairwise(edges))
    return CueSheet(FilmFile(f"/films/{draw(st.sampled_from(NAMES))}.mp4", edges[-1], fps), scenes, tuple(cues))


def clips(track: "otio.schema.Track") -> list[tuple[int, int, int]]:
    """First frame on the timeline, first of the song, and how many, of each clip of a track."""
    found = []
    for clip in track.find_clips():
        place = track.trimmed_range_of_child(clip)
        found.append(
            (round(place.start_time.value), round(clip.source_range.start_time.value), round(place.duration.value))
        )
    return found


def expected(arrangement: Arrangement) -> list[list[tuple[int, int, int]]]:
    return [[(clip.start, clip.source, clip.frames) for clip in track] for track in arrangement.tracks]


def audio_tracks(timeline: "otio.schema.Timeline") -> list[list[tuple[int, int, int]]]:
    return [clips(track) for track in timeline.audio_tracks()]


@given(sheets())
@settings(deadline=None)
def test_otio_and_final_cut_pro_7_keep_every_frame(sheet: CueSheet) -> None:
    arrangement = arrange(sheet)
    for form, adapter in (("otio", "otio_json"), ("xml", "fcp_xml")):
        read = otio.adapters.read_from_string(written(sheet, form).decode(), adapter)
        (video,) = read.video_tracks()
        assert clips(video) == [(0, 0, arrangement.film.frames)]
        if form == "xml":  # no clip stands for another by its name alone
            assert all(len(clip) > 3 for clip in ET.fromstring(written(sheet, form)).iter("clipitem"))
        own, *music = audio_tracks(read)  # a film that is not there is taken to have sound
        assert own == [(0, 0, arrangement.film.frames)]
        assert music == expected(arrangement)
        assert read.tracks[0].find_clips()[0].source_range.duration.rate == pytest.approx(
            float(arrangement.rate), abs=0.001
        )
        marks = [round(marker.marked_range.start_time.value) for marker in read.tracks.markers]
        assert marks == [scene.start for scene in arrangement.scenes]


@given(sheets())
@settings(deadline=None)
def test_edit_decision_lists_keep_every_frame(sheet: CueSheet) -> None:
    arrangement = arrange(sheet)
    text = written(sheet, "edl").decode()
    events = [line.split() for line in text.splitlines() if line[:3].isdecimal()]
    found: dict[str, list[tuple[int, int, int]]] = {}
    for _, _, channel, _, *codes in events:
        source, source_end, record, record_end = (
            round(otio.opentime.from_timecode(code, float(arrangement.rate)).value) for code in codes
        )
        assert source_end - source == record_end - record
        found.setdefault(channel, []).append((record, source, record_end - record))
    assert found.pop("AA/V") == [(0, 0, arrangement.film.frames)]
    assert list(found.values()) == expected(arrangement)
    if arrangement.rate.denominator == 1:
        read = otio.adapters.read_from_string(text, "cmx_3600", rate=float(arrangement.rate))
        assert {track.name: len(track.find_clips()) for track in read.tracks} == {
            "V": 1,
            "A1": 1,
            "A2": 1,
            **{name: len(places) for name, places in found.items()},
        }


def seconds(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))


@given(sheets())
@settings(deadline=None)
def test_fcpxml_keeps_every_frame(sheet: CueSheet) -> None:
    arrangement = arrange(sheet)
    root = ET.fromstring(written(sheet, "fcpxml"))
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    (film,) = root.findall(".//spine/asset-clip")
    found: dict[str, list[tuple[int, int, int]]] = {}
    for item in film.findall("asset-clip"):
        times = [seconds(item.get(name, "")) * arrangement.rate for name in ("offset", "start", "duration")]
        assert all(time.denominator == 1 for time in times)  # whole frames
        found.setdefault(item.get("lane", ""), []).append(tuple(int(time) for time in times))  # type: ignore[arg-type]
        asset = assets[item.get("ref")]
        assert times[1] + times[2] <= seconds(asset.get("duration", "")) * arrangement.rate
    assert [found[lane] for lane in sorted(found, key=int, reverse=True)] == expected(arrangement)
    if arrangement.rate.denominator == 1:  # the adapter counts in whole frames a second
        library = otio.adapters.read_from_string(written(sheet, "fcpxml").decode(), "fcpx_xml")
        assert {track.name: len(track.find_clips()) for track in library[0].tracks} == {
            "0": 1,
            **{lane: len(places) for lane, places in found.items()},
        }


@given(sheets())
@settings(deadline=None)
def test_neighbours_overlap_only_on_other_tracks(sheet: CueSheet) -> None:
    arrangement = arrange(sheet)
    for track in arrangement.tracks:
        for one, other in itertools.pairwise(track):
            assert one.end < other.start
    for one, other in itertools.pairwise(arrangement.music):
        assert one.start + one.frames - one.tail == other.start  # no gap and no overlap but the fade
    last = arrangement.music[-1]
    assert last.end <= arrangement.film.frames


@given(st.sampled_from((30.0, 60.0)), st.integers(0, 2_500_000))
def test_drop_frame_timecode_is_that_of_opentimelineio(nominal: float, frames: int) -> None:
    rate = Fraction(round(nominal) * 1000, 1001)
    time = otio.opentime.RationalTime(frames, float(rate))
    assert timecode(frames, rate, drops=True) == otio.opentime.to_timecode(time, float(rate), True)


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, Fraction(24_000, 1001)),
        (29.97003, Fraction(30_000, 1001)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25)),
        (15.0, Fraction(30)),
        (120.0, Fraction(60)),
        (17.2, Fraction(24_000, 1001)),
    ],
)
def test_the_rate_of_the_timeline(fps: float, rate: Fraction) -> None:
    assert timeline_rate(fps) == rate


def test_real_files_are_asked_for_what_editors_need(tmp_path: Path) -> None:
    film, song = tmp_path / "my film.mp4", tmp_path / "a song.flac"
    make_film(film, [Still(np.full((90, 160, 3), 128, np.uint8), 4.0)], size=(160, 90))
    encode(song, np.repeat(tone(440.0, 8.0), 2, axis=0), "flac", title="A song")
    track = CueTrack(1, str(song), "A song", None, None, 8.0)
    sheet = CueSheet(
        FilmFile(str(film), 4.0, 25.0, 100),
        (SheetScene(0.0, 4.0, 0, 100, Affect(0.7, 0.3)),),
        (Cue(0.0, 4.0, 0, 100, track, Passage(2.0, 6.0), 0.5, 1.0, -3.0, 0.1, "why"),),
    )
    read = otio.adapters.read_from_string(written(sheet, "xml").decode(), "fcp_xml")
    assert [track.kind for track in read.tracks] == ["Video", "Audio"]  # the film has no sound
    (clip,) = read.audio_tracks()[0].find_clips()
    assert unquote(urlsplit(clip.media_reference.target_url).path) == str(song)
    root = ET.fromstring(written(sheet, "xml"))
    size = root.find(".//sequence/media/video/format/samplecharacteristics")
    assert size is not None
    assert (size.findtext("width"), size.findtext("height")) == ("160", "90")
    keys = [(key.findtext("when"), key.findtext("value")) for key in root.iter("keyframe")]
    assert keys == [("50", "0.00000"), ("63", "0.70795"), ("125", "0.70795"), ("150", "0.00000")]
    asset = ET.fromstring(written(sheet, "fcpxml")).find(".//asset[@hasAudio]")
    assert asset is not None
    assert (asset.get("audioChannels"), asset.get("audioRate"), asset.get("duration")) == ("2", "44100", "8s")
    assert b" V     C        00:00:00:00 00:00:04:00 00:00:00:00 00:00:04:00\r\n" in written(sheet, "edl")


def test_chapters() -> None:
    scenes = (
        SheetScene(0.0, 75.5, None, None, Affect(0.7, 0.3)),
        SheetScene(75.5, 4000.0, None, None, Affect(0.2, 0.8)),
    )
    words = [scene.affect.word for scene in scenes]
    sheet = CueSheet(FilmFile("/films/a.mp4", 4000.0, 25.0), scenes, ())
    assert written(sheet, "txt").decode() == f"0:00 Scene 1: {words[0]}\n1:15 Scene 2: {words[1]}\n"
    assert written(sheet, "ffmetadata").decode().splitlines() == [
        ";FFMETADATA1",
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=0", "END=75500", f"title=Scene 1: {words[0]}"),
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=75500", "END=4000000", f"title=Scene 2: {words[1]}"),
    ]


def test_frames_are_the_nearest() -> None:
    assert [frame(value, Fraction(25)) for value in (0.0, 0.019, 0.021, 0.04, 13.36)] == [0, 0, 1, 1, 334]


@pytest.mark.parametrize("form", ["otio", "xml", "fcpxml", "edl"])
def test_the_files_stay_as_they_are(form: str) -> None:
    songs = [CueTrack(n, f"/music/song {n}.mp3", f"Song {n}", "Artist", None, 100.0) for n in (1, 2)]
    sheet = CueSheet(
        FilmFile("/films/holiday.mp4", 30.0, 29.97003, 899),
        (
            SheetScene(0.0, 12.5, 0, 375, Affect(0.7, 0.25)),
            SheetScene(12.5, 30.0, 375, 899, Affect(0.125, 0.75)),
        ),
        (
            Cue(0.0, 12.5, 0, 375, songs[0], Passage(8.25, 20.75), 1.0, 0.8, -1.5, 0.125, "why"),
            Cue(12.5, 30.0, 375, 899, songs[1], Passage(0.0, 17.5), 0.8, 4.0, 2.0, 0.25, "because"),
        ),
    )
    assert written(sheet, form).decode() == (GOLDEN / f"holiday.{form}").read_bytes().decode()
