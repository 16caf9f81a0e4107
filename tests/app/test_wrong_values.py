"""Every public call refuses what it can't use in one line that names the argument."""

import dataclasses
import json

import numpy as np
import pytest

import img2music
from img2music import (
    Affect,
    CueSheet,
    Explanation,
    InputError,
    LibraryError,
    Scored,
    Slideshow,
    SlideshowOptions,
    SpotOptions,
    Spotted,
    TrackFilter,
    UsageError,
    analyze,
    explain,
)
from img2music.app.cues import Converted, Cued, convert_cues
from img2music.shapes import Result
from img2music.soundtrack.cue_sheet import FilmFile
from tests.support.songs import library as make_library
from tests.support.songs import record


@pytest.fixture(scope="module")
def library(tmp_path_factory, places):
    with make_library(
        places(tmp_path_factory.mktemp("library") / "library.db"),
        [record("/music/a.flac", 0.2, 0.3, title="a", artist="b")],
    ) as store:
        location = store.location
    with img2music.Library.open(location) as opened:
        yield opened


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        *[
            (SpotOptions, {"pins": wrong})
            for wrong in (5, None, [5], {1: None}, [(1,)], b"1=a", [(1, "a", 2)], {1.5: "a"})
        ],
        *[(SpotOptions, {"bans": wrong}) for wrong in (None, 2.5, [None], [["a"]], b"a")],
        *[(kind, {"image_model": wrong}) for kind in (SpotOptions, img2music.RecommendOptions) for wrong in (5, b"a")],
        (SpotOptions, {"where": None}),
        (SlideshowOptions, {"font": b"a"}),
        *[(TrackFilter, {"folder": wrong}) for wrong in (5, b"a", [5], [None])],
        *[(TrackFilter, {"key": wrong}) for wrong in ((1,), 5, b"a", [])],
        (TrackFilter, {"genre": 5}),
        (TrackFilter, {"tempo": b"90"}),
        *[(Affect, {"valence": wrong, "arousal": 0.5}) for wrong in ("x", None, [0.5])],
    ],
)
def test_options(kind, wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))) as caught:
        kind(**wrong)
    assert "\n" not in str(caught.value)


CALLS = {
    "location": [lambda _, wrong=wrong: img2music.Library.open(wrong) for wrong in (b"x", 5, ["x"])],
    "create": [lambda _: img2music.Library.open(create="no")],
    "read_only": [lambda _: img2music.Library.open(read_only=1)],
    "folders": [lambda each, wrong=wrong: each.scan(wrong) for wrong in (["Music"], b"Music", None)],
    "limit": [lambda each, wrong=wrong: each.fetch_lyrics(limit=wrong) for wrong in ("2", 1.5, True, 0)],
    "again": [lambda each: each.fetch_lyrics(again="x")],
    "sources": [lambda each: each.fetch_lyrics(5)],
    "where": [
        lambda each: each.fetch_lyrics(where="jazz"),
        lambda each: each.tracks("jazz"),
        lambda each: each.tag("jazz"),
        lambda each: each.recommend(emotion="calm", where="jazz"),
    ],
    "progress": [
        lambda each: each.scan("x", progress=5),
        lambda each: each.verify(progress="x"),
        lambda _: analyze("x", progress=5),
    ],
    "image_model": [lambda _: analyze("x", image_model=5), lambda _: explain("x", image_model=5)],
    "affects": [lambda each, wrong=wrong: each.recommend(affects=wrong) for wrong in (3, None)],
    "valence": [lambda each: each.recommend(valence="x", arousal=0.5)],
    "emotion": [lambda each: each.recommend(emotion=5)],
    "film": [lambda each, wrong=wrong: each.spot(wrong) for wrong in (5, b"x", None)]
    + [lambda each: each.score(5, "o.mp4")],
    "outputs": [lambda each, wrong=wrong: each.spot("x", outputs=wrong) for wrong in (5, [5])],
    "scoring": [lambda each: each.spot("x", scoring={})],
    "format": [lambda each: each.spot("x", format=5), lambda each: each.recommend(emotion="calm").save("x.m3u", 5)],
    "plot": [lambda each: each.spot("x", plot=5)],
    "replacing": [lambda each: each.spot("x", replacing=5)],
    "output": [lambda each: each.score("x", 5), lambda each: each.slideshow("x", output=b"x")],
    "audio_only": [lambda each: each.score("x", audio_only=5)],
    "sheet": [lambda each: each.score("x", "o.mp4", sheet=5), lambda each: each.slideshow(output="o.mp4", sheet=5)],
    "sheets": [lambda each, wrong=wrong: each.score("x", "o.mp4", sheets=wrong) for wrong in (5, [5])],
    "told": [lambda each: each.score("x", "o.mp4", told=5)],
    "photos": [lambda each, wrong=wrong: each.slideshow(wrong, output="o.mp4") for wrong in (5, ["a.jpg"])],
    "path": [
        lambda each: each.import_table(5),
        lambda each: each.import_file(5),
        lambda each: each.export(5),
        lambda each: each.export(b"x"),
    ],
    "mapping": [lambda each: each.import_table("x.csv", "title")],
    "urls": [lambda each: each.import_spotify(5)],
    "what": [lambda each, wrong=wrong: each.forget(wrong) for wrong in (5, b"x", ["x"])],
    "track": [lambda each, wrong=wrong: each.lyrics(wrong) for wrong in (None, 1.5, [1])],
    "silent": [lambda each: each.failures(silent=5)],
    "content": [lambda each: each.verify(content="x")],
    "dry_run": [lambda each: each.prune(dry_run="x")],
    "missing": [lambda each: each.tracks(missing="x")],
    "id": [lambda each, wrong=wrong: each[wrong] for wrong in ("x", 1.5, slice(2))],
    "file": [
        lambda each: each.recommend(emotion="calm").save(5),
        lambda each: each.recommend(emotion="calm").plot(5),
    ],
}


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in CALLS.items() for call in calls])
def test_arguments(library, name, call):
    with pytest.raises(UsageError, match=rf"`{name}`|picture 1|There is no track") as caught:
        call(library)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda _: TrackFilter(yeer=2), "TrackFilter"),
        (lambda _: analyze(yeer=1), "analyze"),
        (lambda _: explain("x", yeer=1), "explain"),
        (lambda each: each.verify(yeer=1), "verify"),
        (lambda each: each.fetch_lyrics(yeer=1), "fetch_lyrics"),
        *[
            (lambda each, name=name: getattr(each, name)("x", "y", yeer=1), "yeer")
            for name in ("scan", "recommend", "score")
        ],
    ],
)
def test_unknown_keywords_are_named_with_the_call(library, call, name):
    with pytest.raises((TypeError, UsageError), match=f"(?s){name}.*yeer|no option `yeer`"):
        call(library)


def test_no_progress_means_unwatched(library, tmp_path):
    assert analyze(tmp_path / "none.jpg", progress=None).errors
    assert library.recommend(emotion="calm", progress=None, speech=True)[0].matches
    assert library.export(tmp_path / "all.jsonl", progress=None) == 1


def test_a_library_that_was_opened_read_only_says_so(library, tmp_path):
    with img2music.Library.open(library.location, read_only=True) as opened:
        for write in (lambda: opened.scan(tmp_path), lambda: opened.forget("/music"), opened.fetch_lyrics):
            with pytest.raises(LibraryError, match="was opened read-only; open it without `read_only`"):
                write()


def test_a_file_to_scan_is_no_folder(library, tmp_path):
    file = tmp_path / "song.flac"
    file.touch()
    report = library.scan(file)
    assert report.unusable
    assert str(report.failed[0]) == f"{file}: is a file: give the folder that it is in."


def test_a_film_that_was_spotted_is_a_cue_sheet(library):
    sheet = CueSheet(FilmFile("/films/a.mp4", 10.0, 25.0, 250), (), ())
    for kind, more in ((Spotted, {"film": None}), (Scored, {}), (Slideshow, {"film": None, "errors": ()})):
        made = kind(sheet, (), **more)
        assert repr(made) == str(made) == f"<{kind.__name__} '/films/a.mp4': 0:10: 0 shots, 0 scenes, 0 cues>"
        assert json.loads(made.to_json()) == made.to_dict() == sheet.to_dict()
        assert convert_cues(made) == Converted(sheet, (("film", "/films/a.mp4"),))


def test_an_explanation_is_short_and_has_json():
    valence, arousal = np.random.default_rng(0).normal(size=(2, 36, 36)).astype(np.float32)
    photo = np.zeros((48, 64, 3), np.uint8)
    found = Explanation("a.png", Affect(0.9, 0.5), "test/1", valence, arousal, photo)
    assert repr(found) == "<Explanation 'a.png': pleasant>"
    told = json.loads(found.to_json())
    assert told["schema"] == "img2music/explain/1"
    assert (told["affect"]["valence"], told["model"]) == (found.affect.valence, found.model)
    for axis in ("valence", "arousal"):
        assert np.mean(told[axis]) == pytest.approx(getattr(found, axis).mean(), abs=1e-3)
        assert np.shape(told[axis]) == (9, 9)


RESULTS = [
    kind
    for name in sorted(img2music.__all__)
    if isinstance(kind := getattr(img2music, name), type) and issubclass(kind, Result)
]


# Told by its name, or with laws of its own.
OF_ONE = (
    Cued | Explanation | img2music.CueSheet | img2music.Match | img2music.Recommendation | img2music.Recommendations
)


@pytest.mark.parametrize("kind", [kind for kind in RESULTS if not issubclass(kind, OF_ONE)])
def test_results_print_short_however_much_is_in_them(kind):
    many = [InputError("can't be read.", f"/music/{number}.mp3") for number in range(1000)]
    found = kind(**{field.name: many for field in dataclasses.fields(kind) if field.init})
    assert len(repr(found)) < 700
