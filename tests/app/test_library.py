"""The front door: what someone who builds on img2music expects."""

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import img2music
from img2music import Affect, InputError, LibraryError, RecommendOptions, SpotOptions, Track, TrackFilter, UsageError
from tests.support.library_sounds import make_music
from tests.support.songs import library as make_library
from tests.support.songs import record

GENRES = {"bop": "Hard Bop", "swing": "Jazz", "anthem": "Jazz Rock"}


@pytest.fixture
def library(tmp_path, at):
    records = [
        record(f"/music/{name}.flac", valence=0.2 + 0.2 * n, arousal=0.5, genre=genre, title=name)
        for n, (name, genre) in enumerate(GENRES.items())
    ]
    make_library(at(tmp_path / "library.db"), records).close()
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        yield opened


def titles(found) -> set[str]:
    return {match.track.title for match in found[0].matches}


def test_a_genre_is_a_word_and_no_list_of_letters(library):
    asked = [Affect(0.5, 0.5)]
    assert titles(library.recommend(affects=asked, where=TrackFilter(genre="jazz"))) == {"swing", "anthem"}
    assert titles(library.recommend(affects=asked, genre="jazz", not_genre="rock")) == {"swing"}
    assert [track.title for track in library.tracks(genre="bop")] == ["bop"]


def test_it_iterates_and_is_indexed_by_id(library):
    assert len(library) == 3
    tracks = list(library)
    assert all(isinstance(track, Track) for track in tracks)
    assert library[tracks[1].id] == tracks[1]
    with pytest.raises(KeyError):
        library[12345]


def test_closed_libraries_raise(library):
    library.close()
    library.close()
    for call in (len, list, lambda each: each.recommend(emotion="calm"), lambda each: each.scan("x")):
        with pytest.raises(LibraryError, match="closed"):
            call(library)
    assert "closed" in repr(library)


@pytest.mark.slow
@pytest.mark.sqlite("a library in memory")
def test_memory_is_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_music(tmp_path / "music", 2)
    with img2music.Library.open(":memory:") as library:
        assert library.scan("music").analysed == 2
        assert len(library) == 2
        library.recommend(emotion="calm", speech=True)
    assert [each.name for each in tmp_path.iterdir()] == ["music"]
    with img2music.Library.open(":memory:") as another:
        assert len(another) == 0
        assert another


def test_pictures_in_every_form(library, tmp_path):
    file = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file)
    with Image.open(file) as image, file.open("rb") as stream:
        forms = [file, str(file), file.read_bytes(), stream, image, pixels, io.BytesIO(file.read_bytes())]
        report = img2music.analyze(*forms)
        assert not report.errors
        assert len({item.affect for item in report.items}) == 1
        found = library.recommend(pixels, image, file.read_bytes())
    assert len(found) == 3
    assert len({one.query.affect for one in found}) == 1
    assert img2music.explain(pixels).affect == report.items[0].affect
    broken = img2music.analyze(np.zeros((3, 3, 7)), b"no picture")
    assert len(broken.errors) == 2


def test_pictures_that_were_read_and_tracks_are_not_read_again(library, tmp_path):
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "photo.png")
    detail = img2music.analyze(tmp_path / "photo.png").items[0].detail
    found = library.recommend(detail, library[2], top=1)
    assert found[0] == library.recommend(tmp_path / "photo.png", top=1)[0]
    assert found[1].query.track == library[2]
    assert found[1].matches[0].track.id != 2
    (error,) = library.recommend(replace(detail, model="another/1")).errors
    assert "another model" in str(error)


def test_words_find_tracks_page_by_page(library):
    assert [track.title for track in library.search("AN")] == ["anthem"]
    assert [track.id for track in library.search(limit=2)] == [1, 2]
    assert [track.id for track in library.search(after=2)] == [3]
    assert library.search("bop swing") == []
    assert library.affects()["valence"] == pytest.approx([0.2, 0.4, 0.6])


def test_a_song_without_a_title_is_found_by_its_file(at, tmp_path):
    names = ("Sea 100%_\\ b.mp3", "Élan.flac", "caf\udce9.ogg", "other.mp3", "DeepSea ÉTÉ.mp3", "éclair/ocean.mp3")
    records = [record(f"/music/Sea coast/{name}", 0.5, 0.5) for name in names]
    make_library(at(tmp_path / "l.db"), [*records, record("/music/sea.mp3", 0.5, 0.5, title="Storm")]).close()
    wanted = {
        "sea": [1, 5],  # not those in its folder
        "SEA": [1, 5],
        "deepsea": [5],
        "100%_\\": [1],
        "élan": [2],
        "été": [5],
        "other": [4],
        "%": [1],
        "caf": [3],
        "coast": [],
        "/": [],
        "éclair": [],
        "ocean mp3": [6],
    }
    with img2music.Library.open(at(tmp_path / "l.db")) as opened:
        found = {text: sorted(track.id for track in opened.search(text)) for text in wanted}
    assert found == wanted


def test_a_name_that_macos_wrote_is_found(at, tmp_path):
    make_library(at(tmp_path / "l.db"), [record("/music/e\u0301clair.mp3", 0.5, 0.5)]).close()
    with img2music.Library.open(at(tmp_path / "l.db")) as opened:
        assert [track.id for track in opened.search("Éclair")] == [1]


def test_results_compare_print_and_turn_into_json(library):
    found = library.recommend(emotion="calm", top=2)
    assert found == library.recommend(emotion="calm", top=2)
    assert len(repr(found)) < 500
    assert pickle.loads(pickle.dumps(found)) == found
    told = json.loads(found.to_json())
    assert told == json.loads(json.dumps(found.to_dict()))
    assert told["schema"] == "img2music/recommend/2"
    assert "<table" in found._repr_html_()
    assert json.loads(json.dumps(img2music.analyze(b"x").to_dict()))["errors"]
    assert json.loads(library.info().to_json())["present"] == len(library)
    scanned = library.scan("/none")
    assert json.loads(scanned.to_json())["failed"] == [{"path": "/none", "error": scanned.failed[0].reason}]
    checked = library.verify()
    assert checked.files
    assert [file["path"] for file in checked.to_dict()["files"]] == [file.path for file in checked.files]


def test_wrong_options_are_refused(library):
    for wrong in ({"match": "closest"}, {"top": 0}, {"genre": 5}, {"year": "nineties"}, {"per_artist": "two"}):
        with pytest.raises(UsageError) as caught:
            library.recommend(emotion="calm", **wrong)
        assert isinstance(caught.value, ValueError)
        assert f"`{next(iter(wrong))}`" in str(caught.value)
    with pytest.raises(UsageError, match="no option `tpo`"):
        library.recommend(emotion="calm", tpo=3)


def test_errors_show_where(tmp_path):
    with pytest.raises(InputError) as caught:
        img2music.explain(tmp_path / "none.jpg")
    assert str(tmp_path / "none.jpg") in repr(caught.value)
    assert caught.value.path == str(tmp_path / "none.jpg")
    report = img2music.analyze(tmp_path / "none.jpg")
    assert [error.path for error in report.errors] == [str(tmp_path / "none.jpg")]


@pytest.mark.slow
def test_progress_names_files_and_cancels(tmp_path, at):
    files = make_music(tmp_path / "music", 3)
    seen = []
    with img2music.Library.open(at(tmp_path / "l.db")) as library:
        library.scan(tmp_path / "music", jobs=1, progress=seen.append)
        assert {step.item for step in seen if step.item} <= {str(file) for file in files}
        assert seen[-1].done == seen[-1].total == 3

        def stop(step: img2music.Step) -> None:
            raise img2music.Cancelled

        with pytest.raises(img2music.Cancelled):
            library.scan(tmp_path / "music", full=True, jobs=1, progress=stop)
        assert len(library) == 3


def test_all_that_is_exported_is_there():
    for name in img2music.__all__:
        assert getattr(img2music, name) is not None
    with pytest.raises(AttributeError):
        img2music.totally_wrong("a", 3)


def test_options_can_be_made_apart(library):
    assert RecommendOptions(top=3).where == TrackFilter()
    assert SpotOptions(pins={1: library[1]}).pins == ((1, "#1"),)


def test_upkeep(library, tmp_path, at):
    assert library.info().present == 3
    assert len(library.verify().files) == 3  # there is no /music here
    assert library.export(tmp_path / "export.jsonl") == 3
    with img2music.Library.open(at(tmp_path / "copy.db")) as copy:
        copy.import_file(tmp_path / "export.jsonl")
        assert [track.title for track in copy] == [track.title for track in library]
        assert copy.forget("/music") == 3
        assert copy.prune() == 0
    assert Path(library.location).is_file() or library.info().bytes is None


def test_an_empty_name_is_never_the_current_folder(library, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    for call in (library.forget, library.scan, lambda empty: library.tracks(folder=empty)):
        with pytest.raises(UsageError):
            call("")
    with pytest.raises(LibraryError, match="empty name"):
        img2music.Library.open("")
    assert len(library) == 3


def test_nothing_recommended_replaces_no_list(library, tmp_path):
    file = tmp_path / "keep.m3u8"
    library.recommend(emotion="calm").save(file)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="nothing is written"):
        library.recommend(tmp_path / "none.png").save(file)
    assert file.read_bytes() == before


def test_a_library_that_is_closed_after_it_recommended_says_so(library):
    library.recommend(emotion="calm")
    library.close()
    with pytest.raises(LibraryError, match="closed"):
        library.recommend(emotion="calm")


@pytest.mark.parametrize(
    "wrong",
    [
        {"artist": ""},
        {"artist": "\udc80"},
        {"year": 10**30},
        {"tempo": float("nan")},
        {"together": "no"},
        {"top": 2.5},
        {"top": None},
        {"where": {"genre": "jazz"}},
        {"emotion": 3},
    ],
)
def test_what_would_be_wrong_without_a_word_is_refused(library, wrong):
    with pytest.raises(UsageError):
        library.recommend(**({"emotion": "calm"} | wrong))


def test_numbers_of_numpy_are_numbers(library):
    found = library.recommend(valence=np.float32(0.5), arousal=0.5, top=np.int64(2))
    assert len(found[0].matches) == 2
    assert library[np.int64(1)].id == 1
    assert TrackFilter(year=np.int64(1990)) == TrackFilter(year=1990)
    with pytest.raises(KeyError):
        library[10**30]


def test_filters_stand_beside_options_in_every_call(library):
    assert library.tag(artist="nobody", dry_run=True).items == []
    for call in (library.tag, lambda **wrong: library.scan("/none", **wrong)):
        with pytest.raises(UsageError, match="no option `foo`"):
            call(foo=1)


def test_an_analysis_as_json_has_what_was_measured(tmp_path):
    (song,) = make_music(tmp_path, 1)
    report = img2music.analyze(song)
    (item,) = report.to_dict()["items"]
    assert (item["kind"], item["path"], item["width"]) == ("audio", str(song), None)
    assert item["duration"] == report.items[0].detail.duration == pytest.approx(1.0, abs=0.01)
    assert item["features"]["loudness"] == report.items[0].detail.features.loudness
    first = report.items[0].detail.curve[0].affect
    assert item["curve"][0]["affect"] == {"valence": first.valence, "arousal": first.arousal}
