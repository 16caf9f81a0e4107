"""The judge of matching."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from img2music.affect import SCALES, Affect
from img2music.distribution import AffectDistribution
from img2music.errors import InputError, UsageError
from img2music.options import MatchMode
from img2music.research.match.evaluating import choose, evaluate_match, read_files, score
from img2music.research.match.training_files import trained_on
from img2music.vision.model import ImageModel
from tests.conftest import ROOT
from tests.support.library_sounds import write_sound

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(6)
PHOTOS, SONGS = RNG.random((150, 2)), RNG.random((80, 2))


def test_the_best_possible_choice_gains_1() -> None:
    reference = AffectDistribution.of(PHOTOS[:, 0], PHOTOS[:, 1])
    # Predictions that are the ratings themselves: relative matching is then the best that there is.
    found = score(PHOTOS, SONGS, choose(PHOTOS, SONGS, reference, MatchMode.RELATIVE, 5))
    assert found.gain == pytest.approx(1.0)
    assert found.spearman_valence > 0.9
    assert found.spearman_arousal > 0.9


def test_a_random_choice_gains_nothing_and_the_worst_loses() -> None:
    random = np.array([RNG.permutation(len(SONGS))[:5] for _ in PHOTOS])
    assert score(PHOTOS, SONGS, random).gain == pytest.approx(0.0, abs=0.1)
    everything = np.tile(np.arange(len(SONGS)), (len(PHOTOS), 1))
    assert score(PHOTOS, SONGS, everything).gain is None  # no choice at all: nothing to gain
    distances = np.hypot(*(PHOTOS[:, None] - SONGS).transpose(2, 0, 1))
    assert score(PHOTOS, SONGS, np.argsort(-distances)[:, :5]).gain < -0.9


def test_scores_by_hand() -> None:
    photos = np.array([[0.1, 0.1], [0.9, 0.9]])  # ranks 0.25 and 0.75
    songs = np.array([[0.2, 0.2], [0.8, 0.8]])
    right, wrong = np.array([[0], [1]]), np.array([[1], [0]])
    assert score(photos, songs, right).gain == 1.0
    assert score(photos, songs, wrong).gain == -1.0
    assert score(photos, songs, wrong).spearman_valence == pytest.approx(-1.0)
    same = score(photos, songs, np.array([[0], [0]]))
    assert (same.gain, same.distinct_first, same.spearman_arousal) == (0.0, 1, None)


def test_reads_ratings_on_any_scale(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.jpg").write_bytes(b"2")
    table = tmp_path / "ratings.csv"
    table.write_text("\ufefffile,valence,arousal,scale,more\na.jpg,4,7,1-7,x\nsub/b.jpg,-1,0,-1-1,\n", encoding="utf-8")
    ratings = read_files(table)
    assert [Path(file.path).name for file in ratings.files] == ["a.jpg", "b.jpg"]
    assert ratings.affects == (Affect(0.5, 1.0), Affect(0.0, 0.5))
    table.write_text("file,valence,arousal\na.jpg,5,1\n", encoding="utf-8")
    assert read_files(table, SCALES["deam"]).affects == (Affect(0.5, 0.0),)
    with pytest.raises(UsageError, match="say with `images_scale`"):
        read_files(table, setting="images_scale")


def test_bad_lines_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    lines = ["file,valence,arousal", "a.jpg,0.5,0.5", "gone.jpg,0.5,0.5", "a.jpg,7,0.5", "a.jpg,,x", ".,0,0", "a.jpg"]
    table = tmp_path / "ratings.csv"
    table.write_text("\n".join(lines), encoding="utf-8")
    ratings = read_files(table, SCALES["unit"])
    assert len(ratings.files) == 1
    table.write_text("file,valence,arousal,scale\na.jpg,0.5,0.5,1 to many\na.jpg,3,5,1-7\n", encoding="utf-8")
    assert "line 2 (a.jpg): '1 to many' is no scale" in str(read_files(table).errors[0])
    assert len(read_files(table).files) == 1
    assert [error.reason.split(" (")[0] for error in ratings.errors] == [f"line {n}" for n in range(3, 8)]


@pytest.mark.parametrize("content", [b"", b"path,v,a\nx,1,1\n", b"\xff\xfe\x00"])
def test_a_table_that_is_none(content: bytes, tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    table.write_bytes(content)
    with pytest.raises(InputError, match=r"ratings\.csv"):
        read_files(table, SCALES["unit"])
    with pytest.raises(InputError, match="no such file"):
        read_files(tmp_path / "missing.csv")


def test_real_files_from_end_to_end(tmp_path: Path) -> None:
    for i in range(3):
        Image.new("RGB", (64, 64), (80 * i, 40, 200 - 60 * i)).save(tmp_path / f"{i}.png")
        write_sound(tmp_path / f"{i}.wav", 220.0 * (i + 1), 4.0)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    for kind, names in (("png", "012"), ("wav", ["0", "1", "broken", "2"])):
        lines = [f"{name}.{kind},0.{3 + i},0.{6 - i}" for i, name in enumerate(names)]
        (tmp_path / f"{kind}.csv").write_text("\n".join(["file,valence,arousal", *lines]), encoding="utf-8")
    told: list[tuple[str, float, float | None]] = []
    report = evaluate_match(
        read_files(tmp_path / "png.csv", SCALES["unit"]),
        read_files(tmp_path / "wav.csv", SCALES["unit"]),
        top=2,
        jobs=1,
        progress=lambda step: told.append((step.stage, step.done, step.total)),
    )
    shape = report.report().to_dict()
    jsonschema.validate(shape, json.loads((ROOT / "docs/schemas/match.json").read_text(encoding="utf-8")))
    assert (report.images, report.tracks) == (3, 3)
    assert [Path(error.path).name for error in report.errors] == ["broken.wav"]
    assert told[-1] == ("songs", 4, 4)
    assert ("photos", 3, 3) in told
    assert all(note.startswith("None of these 3") for note in report.notes)
    with pytest.raises(UsageError, match="top 4 need at least"):
        evaluate_match(
            read_files(tmp_path / "png.csv", SCALES["unit"]),
            read_files(tmp_path / "wav.csv", SCALES["unit"]),
            top=4,
            jobs=1,
        )


def test_photos_that_trained_the_model_are_known(shared_data: Path, tmp_path: Path) -> None:
    names = ["images/Beach 1.jpg", "images/Acorns 1.jpg"]
    Image.new("RGB", (64, 64)).save(tmp_path / "new.png")
    lines = [f"{shared_data / 'oasis' / name},0.5,0.{i + 3}" for i, name in enumerate(names)]
    (tmp_path / "images.csv").write_text("\n".join(["file,valence,arousal", *lines, "new.png,0.1,0.1"]))
    sounds = [
        f"{shared_data / 'music/emotify' / genre / '1.opus'},0.{i + 3},0.5" for i, genre in enumerate(["rock", "pop"])
    ]
    (tmp_path / "tracks.csv").write_text("\n".join(["file,valence,arousal", *sounds]))
    report = evaluate_match(
        read_files(tmp_path / "images.csv", SCALES["unit"]),
        read_files(tmp_path / "tracks.csv", SCALES["unit"]),
        top=1,
        jobs=1,
    )
    assert report.notes[0].startswith("2 of these 3 photos trained the image model (emotion6-oasis-lite2/1)")
    assert report.notes[1].startswith("2 of these 2 songs trained the music model (music-affect/5)")


def test_the_files_that_trained_each_shipped_model_are_noted() -> None:
    from img2music.music.audio.affect_model import MODEL

    images, music = trained_on(ImageModel.load().name), trained_on(MODEL)
    assert images is not None
    assert music is not None
    assert len(images) == 2280
    assert len(music) == 400
    assert trained_on("another/1") is None
