"""Timelines are read back by OpenTimelineIO's adapters: every clip at its frame."""

import itertools
import json
import math
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlparse
from xml.etree import ElementTree

import av
import numpy as np
import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.matching.passages import Passage
from img2music.options import OriginalSound
from img2music.soundtrack.cue_sheet import (
    Cue,
    CueSheet,
    CueTrack,
    FilmFile,
    OwnSound,
    Scene,
    SheetPhoto,
    SheetSlideshow,
    TimeSpan,
)
from img2music.soundtrack.formats import FORMATS
from img2music.soundtrack.timelines.arrangement import RATES, arrange, frame, timeline_rate
from tests.soundtrack.test_cue_sheet import SHEET

pytestmark = pytest.mark.slow

SONG = CueTrack("/music/song.ogg", "Song", None, None, 60.0, id=1)
GOLDEN = Path(__file__).parent / "golden"
NAMES = [
    "a.ogg",
    "50% & <more>.flac",
    'it\'s "it".mp3',
    "two\nlines.wav",
    "caf\udce9.mp3",
    "Лес [1-2].ogg",
    "B.ogg",
    "b.ogg",
]


@st.composite
def sheets(draw: st.DrawFn) -> CueSheet:
    """Cue sheets with gaps, long fades, the same song again, and songs that end early."""
    fps = round(float(draw(st.sampled_from(RATES))), 6)
    time, cues = 0.0, []
    for _ in range(draw(st.integers(1, 6))):
        time = round(time + draw(st.sampled_from([0.0, 0.0, 0.0, 0.5, 7.123])), 3)
        lasts = round(draw(st.floats(0.5, 90.0)), 3)
        begins = round(draw(st.floats(0.0, 200.0)), 3)
        left = draw(st.sampled_from([0.0, 1.0, 30.0]))
        name = draw(st.sampled_from(NAMES))
        track = CueTrack(f"/music/{name}", name, None, None, begins + lasts + left, id=1)
        fades = draw(st.sampled_from([0.0, 1.0, 40.0])), draw(st.sampled_from([0.0, 0.5, 2.0, 40.0]))
        gain = draw(st.floats(-40, 40))
        cues.append(Cue(time, round(time + lasts, 3), track, Passage(begins, begins + lasts), *fades, gain))
        time = cues[-1].end
    scenes = tuple(Scene(cue.start, cue.end, Affect(0.3, 0.8)) for cue in cues)
    return CueSheet(
        FilmFile("/films/my film 100%.mp4", time + draw(st.sampled_from([0.0, 5.0])), fps), scenes, tuple(cues)
    )


Placed = tuple[bytes, int, int, int]
"""File, first frame of the timeline, frames, first frame of the file."""


def file(url: str) -> bytes:
    return unquote_to_bytes(urlparse(url).path)


def clips(timeline: Any) -> Iterator[tuple[str, list[Placed]]]:
    """Kind and clips of each track."""
    for track in timeline.tracks:
        found = []
        for clip in track.find_clips():
            at = (
                clip.trimmed_range_in_parent().start_time
                if track.source_range is None
                else clip.range_in_parent().start_time
            )
            if track.source_range is not None:
                at -= track.source_range.start_time
            source = clip.source_range
            frames = [round(value.value) for value in (at, source.duration, source.start_time)]
            found.append((file(clip.media_reference.target_url), *frames))
        yield str(track.kind), found


def expected(sheet: CueSheet) -> list[list[Placed]]:
    return [
        [(file(clip.url), clip.start, clip.frames, clip.source) for clip in clips] for clips in arrange(sheet).tracks
    ]


@given(sheets())
@settings(max_examples=60, deadline=None)
def test_frames_are_the_nearest_and_tracks_have_room(sheet: CueSheet) -> None:
    made = arrange(sheet)
    total = frame(sheet.film.duration, made.rate)
    for clip, cue in zip(made.music, sheet.cues, strict=True):
        assert abs(Fraction(clip.start) / made.rate - Fraction(cue.start)) <= Fraction(51, 100) / made.rate
        assert clip.frames >= 1
        assert clip.end <= total
        assert 0 <= clip.tail < clip.frames
        assert clip.fade_in + clip.fade_out <= clip.frames
        assert clip.source + clip.frames <= clip.available
        # Sound keeps its place against the picture, to half a frame.
        offset = Fraction(clip.source - clip.start) / made.rate - Fraction(cue.passage.start) + Fraction(cue.start)
        assert abs(offset) <= Fraction(1, 2) / made.rate + Fraction(1, 10**9)
    for track in made.tracks:
        for before, after in itertools.pairwise(track):
            assert before.end < after.start
    for before, after in itertools.pairwise(made.music):
        assert before.track != after.track or not before.tail


@given(sheets())
@settings(max_examples=40, deadline=None)
def test_otio_is_read_back(sheet: CueSheet) -> None:
    timeline = otio.adapters.read_from_string(FORMATS["otio"].write(sheet).decode(), "otio_json")
    (kind, film), sound, *music = clips(timeline)
    total = frame(sheet.film.duration, timeline_rate(sheet.film.fps))
    assert (kind, film) == ("Video", [(b"/films/my film 100%.mp4", 0, total, 0)])
    assert sound == ("Audio", film)
    assert music == [("Audio", track) for track in expected(sheet)]
    assert timeline.duration().rate == float(timeline_rate(sheet.film.fps))
    marks = [(round(m.marked_range.start_time.value), m.name) for m in timeline.tracks.markers]
    assert marks == [(scene.start, scene.title) for scene in arrange(sheet).scenes]


@given(sheets())
@settings(max_examples=40, deadline=None)
def test_final_cut_7_is_read_back(sheet: CueSheet) -> None:
    timeline = otio.adapters.read_from_string(FORMATS["xml"].write(sheet).decode(), "fcp_xml")
    (_, film), sound, *music = clips(timeline)
    assert film == [(b"/films/my film 100%.mp4", 0, frame(sheet.film.duration, timeline_rate(sheet.film.fps)), 0)]
    assert sound == ("Audio", film)
    assert music == [("Audio", track) for track in expected(sheet)]
    assert timeline.duration().rate == pytest.approx(float(timeline_rate(sheet.film.fps)), abs=1e-9)


@given(sheets())
@settings(max_examples=40, deadline=None)
def test_links_of_final_cut_7_lead_to_the_other_channel(sheet: CueSheet) -> None:
    root = ElementTree.fromstring(FORMATS["xml"].write(sheet))
    items = {item.attrib["id"]: item for item in root.iter("clipitem")}
    assert len(items) == len(list(root.iter("clipitem"))) == 3 + 2 * len(sheet.cues)
    for item in items.values():
        linked = [items[link.findtext("linkclipref", "")] for link in item.findall("link")]
        assert item in linked
        assert {other.findtext("start") for other in linked} == {item.findtext("start")}
        assert {other.findtext("in") for other in linked} == {item.findtext("in")}


@given(sheets())
@settings(max_examples=40, deadline=None)
def test_fcpxml_has_every_clip_at_its_frame(sheet: CueSheet) -> None:
    content = FORMATS["fcpxml"].write(sheet)
    root, rate = ElementTree.fromstring(content), timeline_rate(sheet.film.fps)
    files = {asset.attrib["id"]: file(asset.attrib["src"]) for asset in root.iter("asset")}

    def frames(time: str) -> Fraction:
        return Fraction(time.removesuffix("s")) * rate

    (film,) = root.findall(".//spine/asset-clip")
    assert frames(film.attrib["duration"]) == frame(sheet.film.duration, rate)
    found: dict[str, list[Placed]] = {}
    for clip in film.findall("asset-clip"):
        times = [frames(clip.attrib[name]) for name in ("offset", "duration", "start")]
        assert all(time.denominator == 1 for time in times)
        found.setdefault(clip.attrib["lane"], []).append((files[clip.attrib["ref"]], *map(int, times)))
    assert [found[lane] for lane in sorted(found, key=int, reverse=True)] == expected(sheet)


def test_fcpxml_is_read_by_the_adapter() -> None:
    """Its arithmetic rounds down, and knows whole rates only: a frame may be one less."""
    sheet = CueSheet(FilmFile("/films/a.mp4", 30.0, 24.0), SHEET.scenes, SHEET.cues)
    (timeline,) = otio.adapters.read_from_string(FORMATS["fcpxml"].write(sheet).decode(), "fcpx_xml")
    read = {placed for _, track in clips(timeline) for placed in track}
    for name, *numbers in [(b"/films/a.mp4", 0, 720, 0), *itertools.chain(*expected(sheet))]:
        assert any(
            other[0] == name and all(0 <= a - b <= 1 for a, b in zip(numbers, other[1:], strict=True)) for other in read
        ), (name, numbers, read)


@given(sheets())
@settings(max_examples=60, deadline=None)
def test_edl_is_read_back(sheet: CueSheet) -> None:
    made = arrange(sheet)
    text = FORMATS["edl"].write(sheet).decode()
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(made.rate))
    found = {track.name: track for track in timeline.tracks}
    assert set(found) == {"V", "A1", "A2"}
    read = dict(zip([track.name for track in timeline.tracks], [track for _, track in clips(timeline)], strict=True))
    assert read["V"] == read["A1"] == [(b"/films/my film 100%.mp4", 0, made.film.frames, 0)]
    assert read["A2"] == [(file(c.url), c.start, c.frames - c.tail, c.source) for c in made.music]
    fades = [round(item.out_offset.value) for item in found["A2"] if isinstance(item, otio.schema.Transition)]
    assert fades == [
        min(before.tail, after.frames - after.tail, 999)
        for before, after in itertools.pairwise(made.music)
        if before.tail and before.end - before.tail == after.start
    ]
    reels = {line.split()[1] for line in text.splitlines() if line[:3].isdigit()}
    assert all(len(reel) <= 8 and reel.isalnum() and reel.isascii() for reel in reels)
    assert len(reels) == 1 + len({clip.url for clip in made.music})


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, 24000 / 1001),
        (29.83, 30000 / 1001),
        (15.0, 30.0),
        (12.5, 25.0),
        (120.0, 60.0),
        (27.3, 25.0),
        (1000, 60),
    ],
)
def test_the_rate_of_a_timeline_is_one_that_editors_have(fps: float, rate: float) -> None:
    assert float(timeline_rate(fps)) == rate


@pytest.mark.parametrize("form", ["otio", "xml", "fcpxml", "edl", "txt", "vtt", "ffmetadata"])
def test_files_stay_as_they_are(form: str) -> None:
    golden = GOLDEN / f"sheet.{form}"
    assert FORMATS[form].write(SHEET).decode() == golden.read_bytes().decode()


def test_chapters_begin_at_the_nearest_second() -> None:
    times = [0.0, 55.96, 119.5, 3599.6, 3661.4]
    scenes = tuple(Scene(*span, Affect(0.3, 0.8)) for span in itertools.pairwise(times))
    sheet = CueSheet(FilmFile("/film.mp4", 3661.4, 25.0), scenes, ())
    starts = [line.split()[0] for line in FORMATS["txt"].write(sheet).decode().splitlines()]
    assert starts == ["0:00:00", "0:00:56", "0:02:00", "1:00:00"]
    assert "00:59:59.600 --> 01:01:01.400" in FORMATS["vtt"].write(sheet).decode()


def test_a_chapter_names_the_song_that_begins_with_it_on_a_beat() -> None:
    first, second = SHEET.cues
    scenes = tuple(Scene(*span, Affect(0.3, 0.8)) for span in ((0.0, 12.4), (12.4, 30.0)))
    named = (replace(first, end=12.5), replace(second, start=12.5, track=replace(second.track, title="Another")))
    lines = FORMATS["txt"].write(CueSheet(SHEET.film, scenes, named)).decode().splitlines()
    assert ["Another" in line for line in lines] == [False, True]


def test_cues_that_overlap_a_little_do_not_in_an_edl() -> None:
    first, second = SHEET.cues
    sheet = CueSheet(SHEET.film, (), (first, Cue(12.45, 29.95, second.track, second.passage)))
    timeline = otio.adapters.read_from_string(FORMATS["edl"].write(sheet).decode(), "cmx_3600", rate=30000 / 1001)
    assert [placed[1] for _, track in clips(timeline) for placed in track][-2:] == [0, 375]


def test_resolve_finds_gain_and_fades() -> None:
    clip = json.loads(FORMATS["otio"].write(SHEET))["tracks"]["children"][2]["children"][0]
    (effect,) = clip["effects"]
    values = {p["Parameter ID"]: p["Parameter Value"] for p in effect["metadata"]["Resolve_OTIO"]["Parameters"]}
    assert values == {"volume": -1.5, "faderIn": 30.0, "faderOut": 60.0}


SPOKEN = ((10.0, 14.0), (20.0, 22.0))
OWN = OwnSound(OriginalSound.DUCK, 12.0, 3.5, tuple(TimeSpan(*span) for span in SPOKEN))
SPEECH = replace(SHEET, original=OWN)
"""Speech under the change from one song to the other, and under the second."""


Levels = list[tuple[float, float]]
"""Frames of a clip's file, and decibels there."""


def otio_levels(content: str) -> Iterator[Levels]:
    tracks = json.loads(content)["tracks"]["children"]
    for clip in (item for track in tracks[1:] for item in track["children"] if "Clip" in item["OTIO_SCHEMA"]):
        volume = clip["effects"][0]["metadata"]["Resolve_OTIO"]["Parameters"][0]
        first = clip["source_range"]["start_time"]["value"]
        keys = volume["Key Frames"] or {"0": {"Value": volume["Parameter Value"]}}
        yield sorted((first + int(place), key["Value"]) for place, key in keys.items())


def fcpxml_levels(content: str) -> Iterator[Levels]:
    rate = timeline_rate(SHEET.film.fps)
    for clip in ElementTree.fromstring(content).iter("asset-clip"):
        volume = clip.find("adjust-volume")
        assert volume is not None
        keys = [(key.attrib["time"], key.attrib["value"]) for key in volume.iter("keyframe")]
        keys = keys or [(clip.attrib["start"], volume.attrib["amount"])]
        yield [(int(Fraction(at.removesuffix("s")) * rate), float(value.removesuffix("dB"))) for at, value in keys]


def xml_levels(content: str) -> Iterator[Levels]:
    items = [item for item in ElementTree.fromstring(content).iter("clipitem") if item.find("filter") is not None]
    for item in items[::2]:  # of both channels, the first
        keys = [(key.findtext("when", ""), key.findtext("value", "")) for key in item.iter("keyframe")]
        keys = keys or [(item.findtext("in", ""), item.findtext(".//parameter/value", ""))]
        yield [(int(at), 20 * math.log10(float(value))) for at, value in keys]


def edl_levels(content: str) -> Iterator[Levels]:
    for event in re.split(r"\n\d{3}  ", content)[1:]:
        found = re.findall(r"\* AUDIO LEVEL AT (\S+) IS (\S+) DB", event)
        levels = [(otio.opentime.from_timecode(at, 30000 / 1001).to_frames(), float(value)) for at, value in found]
        if levels:  # the first line of a dissolve is of the song before
            yield levels


LEVELS = {"otio": otio_levels, "fcpxml": fcpxml_levels, "xml": xml_levels, "edl": edl_levels}


@pytest.mark.parametrize("form", LEVELS)
def test_levels_lower_the_music_while_someone_speaks(form: str) -> None:
    made = arrange(SPEECH)
    own, *music = LEVELS[form](FORMATS[form].write(SPEECH).decode())
    assert own == [(0, pytest.approx(3.5, abs=0.01))]
    assert len(music) == len(made.music) == 2
    for levels, clip in zip(music, made.music, strict=True):
        assert levels[0][0] == clip.source  # from its first frame to its last
        assert levels[-1][0] == clip.source + clip.frames
        times = [float((at - clip.source + clip.start) / made.rate) for at, _ in levels]
        for time in np.arange(times[0], times[-1], 0.1):
            low = any(start - 0.1 <= time <= end + 0.5 for start, end in SPOKEN)
            high = not any(start - 0.7 <= time <= end + 1.7 for start, end in SPOKEN)
            if low or high:
                level = np.interp(time, times, [value for _, value in levels])
                assert level == pytest.approx(clip.cue.gain_db - 12.0 * low, abs=0.02)


@pytest.mark.parametrize("form", ["otio", "xml", "fcpxml", "edl"])
def test_a_sound_that_is_dropped_is_not_heard_in_the_editor_either(form: str) -> None:
    content = FORMATS[form].write(replace(SHEET, original=OwnSound(OriginalSound.DROP, 12.0))).decode()
    if form == "fcpxml":
        assert ElementTree.fromstring(content).find(".//spine/asset-clip").attrib["srcEnable"] == "video"
    else:
        options = {"rate": 30000 / 1001} if form == "edl" else {}
        reader = {"otio": "otio_json", "xml": "fcp_xml", "edl": "cmx_3600"}[form]
        timeline = otio.adapters.read_from_string(content, reader, **options)
        sounding = [name for kind, track in clips(timeline) if kind == "Audio" for name, *_ in track]
        assert b"/films/a.mp4" not in sounding


@pytest.mark.parametrize("form", ["otio", "xml", "fcpxml", "edl"])
def test_a_slideshow_is_its_photos_and_its_music_once(form: str) -> None:
    names = ["a.jpg", "50% & <b>.png", "a.jpg", "caf\udce9.heic"]
    photos = tuple(
        SheetPhoto(f"/photos/{name}", start) for name, start in zip(names, (0, 7.0, 14.0, 23.0), strict=True)
    )
    show = replace(SHEET, slideshow=SheetSlideshow(1080, 1920, photos, cross_fade=1.0))
    content, made = FORMATS[form].write(show).decode(), arrange(show)
    expected = [(os.fsencode(f"/photos/{name}"), start, frames) for name, start, frames in zip(
        names, (0, 210, 420, 689), (210, 210, 269, 210), strict=True)]  # fmt: skip
    if form == "fcpxml":
        root = ElementTree.fromstring(content)
        files = {asset.attrib["id"]: file(asset.attrib["src"]) for asset in root.iter("asset")}
        rate = Fraction(30000, 1001)

        def frames(element: ElementTree.Element, name: str) -> int:
            return int(Fraction(element.attrib[name].removesuffix("s")) * rate)

        shown = [(files[v.attrib["ref"]], frames(v, "offset"), frames(v, "duration")) for v in root.iter("video")]
        music = [
            (files[clip.attrib["ref"]], frames(video, "offset") + frames(clip, "offset"), frames(clip, "duration"))
            for video in root.iter("video") for clip in video.findall("asset-clip")
        ]  # fmt: skip
        assert len(list(root.iter("marker"))) == 2
    else:
        options = {"rate": 30000 / 1001} if form == "edl" else {}
        reader = {"otio": "otio_json", "xml": "fcp_xml", "edl": "cmx_3600"}[form]
        tracks = list(clips(otio.adapters.read_from_string(content, reader, **options)))
        shown = [placed[:3] for placed in tracks[0][1]]
        music = [placed[:3] for kind, track in tracks if kind == "Audio" for placed in track]
        assert [kind for kind, _ in tracks].count("Video") == 1
    assert shown == expected
    tails = {clip.number: clip.tail if form == "edl" else 0 for clip in made.music}
    assert music == [(file(clip.url), clip.start, clip.frames - tails[clip.number]) for clip in made.music]
    assert "a.mp4" not in content


@pytest.mark.parametrize("form", ["otio", "xml", "fcpxml", "edl"])
def test_a_clip_among_photos_is_the_part_of_its_film_that_is_seen(tmp_path: Path, form: str) -> None:
    path = write_scene(tmp_path / "clip.mov", timecode="01:00:00:00", channels=2)
    photos = (
        SheetPhoto("/photos/a.jpg", 0.0),
        SheetPhoto(str(path), 7.0, clip_start=0.5),
        SheetPhoto("/photos/b.jpg", 8.0),
    )
    own = OwnSound(OriginalSound.DUCK, 12.0, gain_db=3.0)
    film = replace(SHEET.film, fps=30.0)
    show = replace(SHEET, film=film, slideshow=SheetSlideshow(1080, 1920, photos), original=own)
    content = FORMATS[form].write(show).decode()
    hour = 30 * 3600  # of timecode
    expected = (file(path.as_uri()), 210, 30, hour + 15)
    if form == "fcpxml":
        root = ElementTree.fromstring(content)
        (asset,) = (each for each in root.iter("asset") if file(each.attrib["src"]) == expected[0])
        (clip,) = (each for each in root.iter("asset-clip") if each.attrib["ref"] == asset.attrib["id"])
        times = [int(Fraction(clip.attrib[name][:-1]) * 30) for name in ("offset", "duration", "start")]
        assert tuple(times) == expected[1:]
        assert [child.tag for child in next(root.iter("spine"))] == ["video", "asset-clip", "video"]
        assert asset.attrib["audioChannels"] == "2"
        volume = clip.find("adjust-volume")
        assert volume is not None
        assert volume.attrib["amount"] == "3.000dB"
        silent = ElementTree.fromstring(
            FORMATS[form].write(replace(show, original=replace(own, use=OriginalSound.DROP)))
        )
        assert [each.get("srcEnable") for each in silent.iter("asset-clip")].count("video") == 1
        return
    options = {"rate": 30.0} if form == "edl" else {}
    reader = {"otio": "otio_json", "xml": "fcp_xml", "edl": "cmx_3600"}[form]
    timeline = otio.adapters.read_from_string(content, reader, **options)
    (shown,) = (each for each in timeline.video_tracks()[0].find_clips() if "clip" in each.name)
    used = shown.trimmed_range()
    start = shown.transformed_time(used.start_time, timeline.video_tracks()[0]).to_frames()
    assert (start, used.duration.to_frames(), used.start_time.to_frames()) == expected[1:]
    assert len(list(timeline.video_tracks()[0].find_clips())) == 3
    if form == "edl":
        assert content.splitlines()[6].split()[2] == "B"
        assert "* AUDIO LEVEL AT 01:00:00:15 IS 3.00 DB  (REEL CLIP A1)" in content
        return
    sounds = [track for track in timeline.audio_tracks() if any("clip" in each.name for each in track.find_clips())]
    assert len(sounds) == 1  # of FCP 7, two tracks that belong together
    heard = next(each for each in sounds[0].find_clips())
    assert heard.transformed_time(heard.trimmed_range().start_time, sounds[0]).to_frames() == 210


def write_scene(path: Path, *, timecode: str | None = None, channels: int = 0, turned: int = 0) -> Path:
    """A film of two seconds at 29.97, with a timecode track and sound."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=Fraction(30000, 1001))
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        if timecode is not None:
            stream.metadata["timecode"] = timecode
        if turned:
            stream.set_display_rotation(turned)
        sound: Any = None
        if channels:
            sound = out.add_stream("aac", rate=44_100, layout={1: "mono", 2: "stereo", 6: "5.1"}[channels])
        for number in range(60):
            picture = av.VideoFrame.from_ndarray(np.full((90, 160, 3), 4 * number, np.uint8), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1001, 30000)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
        if sound is not None:
            samples = av.AudioFrame.from_ndarray(np.zeros((channels, 88_200), np.float32), "fltp", sound.layout.name)
            samples.rate = 44_100
            out.mux([*sound.encode(samples), *sound.encode(None)])
    return path


@pytest.mark.parametrize(("timecode", "first"), [("01:00:00;00", 107_892), ("01:00:00:00", 108_000), (None, 0)])
def test_a_film_keeps_its_timecode(tmp_path: Path, timecode: str | None, first: int) -> None:
    path = write_scene(tmp_path / "film.mov", timecode=timecode, channels=2)
    sheet = CueSheet(FilmFile(str(path), 2.002, 29.97003), (), (Cue(0.5, 1.5, SONG, Passage(4.0, 5.0)),))
    film = [(str(path).encode(), 0, 60, first)]
    for form, reader in (("otio", "otio_json"), ("xml", "fcp_xml"), ("edl", "cmx_3600")):
        options = {"rate": 30000 / 1001} if form == "edl" else {}
        timeline = otio.adapters.read_from_string(FORMATS[form].write(sheet).decode(), reader, **options)
        (_, shown), (_, sound), (_, music) = clips(timeline)
        assert shown == sound == film, form
        assert music == [(b"/music/song.ogg", 15, 30, 120)], form
    root = ElementTree.fromstring(FORMATS["fcpxml"].write(sheet))
    (clip,) = root.findall(".//spine/asset-clip")
    (song,) = clip.findall("asset-clip")
    rate = Fraction(30000, 1001)
    assert Fraction(clip.attrib["start"].removesuffix("s")) * rate == first
    assert Fraction(song.attrib["offset"].removesuffix("s")) * rate == first + 15
    drops = timecode is None or ";" in timecode
    assert f"FCM: {'' if drops else 'NON-'}DROP FRAME" in FORMATS["edl"].write(sheet).decode()


@pytest.mark.parametrize(
    ("fps", "counted", "timecode", "first"),
    [
        (Fraction(50), Fraction(25), "01:00:00:12", 180_024),
        (Fraction(60000, 1001), Fraction(30000, 1001), "01:00:00;02", 215_788),
        (Fraction(25), Fraction(25), "01:00:00:12", 90_012),
        (Fraction(100), Fraction(25), "00:00:01:12", 74),  # on a timeline of 50
    ],
)
def test_timecode_that_counts_at_another_rate(
    tmp_path: Path, fps: Fraction, counted: Fraction, timecode: str, first: int
) -> None:
    path = tmp_path / "film.mov"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=counted)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.metadata["timecode"] = timecode
        stream.codec_context.time_base = 1 / fps
        for number in range(3):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            picture.pts, picture.time_base = number, 1 / fps
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    assert arrange(CueSheet(FilmFile(str(path), 1.0, float(fps)), (), ())).film.first == first


def broadcast_wave(path: Path, reference: int, rate: int, seconds: float) -> None:
    """A mono WAV file that says at which sample since midnight it begins."""
    bext = bytes(256 + 32 + 32 + 10 + 8) + reference.to_bytes(8, "little") + bytes(256)
    form = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16)
    chunks = [(b"bext", bext), (b"fmt ", form), (b"data", bytes(round(seconds * rate) * 2))]
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


@pytest.mark.parametrize(
    ("reference", "rate", "fps", "first", "source"),
    [
        (3600 * 48_000, 48_000, 25.0, 90_000, 90_050),
        (3600 * 44_100 + 441, 44_100, 29.97003, 107_893, 107_952),  # 10 ms after the hour
        (10**15, 48_000, 25.0, 0, 50),  # longer than a day: mistaken
    ],
)
def test_broadcast_wave_files_begin_when_they_say(
    tmp_path: Path, *, reference: int, rate: int, fps: float, first: int, source: int
) -> None:
    song = tmp_path / "song.wav"
    broadcast_wave(song, reference, rate, 8.0)
    cue = Cue(0.0, 4.0, CueTrack(str(song), "Song", None, None, 8.0, id=1), Passage(2.0, 6.0))
    sheet = CueSheet(FilmFile("/film.mp4", 4.0, fps), (), (cue,))
    (clip,) = arrange(sheet).music
    assert (clip.first, clip.source) == (first, source)
    assert clip.first / arrange(sheet).rate >= (reference / rate if first else 0.0)
    for form, reader in (("otio", "otio_json"), ("xml", "fcp_xml"), ("edl", "cmx_3600")):
        timeline = otio.adapters.read_from_string(
            FORMATS[form].write(sheet).decode(),
            reader,
            **({"rate": float(arrange(sheet).rate)} if form == "edl" else {}),
        )
        music = next(each for _, each in clips(timeline) if b"song.wav" in each[0][0])
        assert music[0][-1] == source, form
    media = json.loads(FORMATS["otio"].write(sheet))["tracks"]["children"][-1]["children"][0]["media_references"]
    available = media["DEFAULT_MEDIA"]["available_range"]
    assert (available["start_time"]["value"], available["duration"]["value"]) == (first, clip.available)
    asset = ElementTree.fromstring(FORMATS["fcpxml"].write(sheet)).findall(".//asset")[1]
    assert Fraction(asset.attrib["start"].removesuffix("s")) * arrange(sheet).rate == first


@pytest.mark.parametrize("channels", [0, 1, 2, 6])
def test_the_films_own_sound_is_there_with_all_channels(tmp_path: Path, channels: int) -> None:
    path = write_scene(tmp_path / "film.mov", channels=channels, turned=90)
    sheet = CueSheet(FilmFile(str(path), 2.002, 29.97003), (), ())
    assert len(json.loads(FORMATS["otio"].write(sheet))["tracks"]["children"]) == 1 + bool(channels)
    root = ElementTree.fromstring(FORMATS["xml"].write(sheet))
    assert len(root.findall(".//media/audio/track")) == channels
    assert (root.findtext(".//video/format//width"), root.findtext(".//video/format//height")) == ("90", "160")
    assert FORMATS["edl"].write(sheet).decode().splitlines()[3].split()[2] == ("B" if channels else "V")
    (asset,) = ElementTree.fromstring(FORMATS["fcpxml"].write(sheet)).iter("asset")
    assert asset.get("audioChannels") == (str(channels) if channels else None)
