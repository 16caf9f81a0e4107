import dataclasses
import hashlib
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from img2music.errors import InputError, ModelError, UsageError
from img2music.files import require_outputs
from img2music.progress import unwatched
from img2music.research.songs import stacking
from img2music.research.songs.groups import LyricSource
from img2music.research.songs.journal import NAME
from img2music.research.songs.judging import Training, evaluate
from img2music.research.songs.model import FILE, SongModel
from img2music.research.songs.options import SplitBy, StackOptions, StackRecipe
from img2music.research.songs.reports import JUDGED
from img2music.research.songs.splitting import hold_out
from img2music.research.songs.targets import spotify_target
from img2music.shapes import to_dict
from tests.support.made_songs import SONGS, data_of

ROOT = Path(__file__).parents[1]
SOURCE = stacking.SongSource({}, None, LyricSource())
QUICK = StackOptions(recipe=StackRecipe.ORIGINAL, seed=1, trials=1)


def train(folder, options=QUICK, *, resume=False, progress=unwatched, **data):
    return to_dict(stacking.train(data_of(**data), options, folder, source=SOURCE, resume=resume, progress=progress))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs") / "model"
    return folder, train(folder)


def without_times(report):
    return json.loads(json.dumps(report), object_hook=lambda facts: {k: v for k, v in facts.items() if k != "seconds"})


def schema(name):
    return json.loads((ROOT / "docs" / "schemas" / name).read_text(encoding="utf-8"))


def test_the_report_is_of_songs_that_were_held_out(trained):
    folder, report = trained
    written = json.loads((folder / stacking.REPORT).read_text())
    jsonschema.validate(written, schema("train-music.json"))
    assert written == json.loads(json.dumps(report))
    assert report["split"] == {"by": "random", "folds": None, "train": 72, "test": 18}
    for target in report["targets"].values():
        assert target["test"]["r2"] > 0.5 > target["mean"]["r2"]
        assert target["stack"]["meta"]["name"] == "gradient-boosting"
        assert target["onnx_difference"]["mean"] < 1e-4
    assert any("nobody rated" in note for note in report["notes"])


def test_the_model_predicts_what_the_report_says(trained):
    folder, report = trained
    _, test = hold_out(SONGS, SplitBy.RANDOM, stacking.TEST_SHARE, QUICK.seed)
    predicted = SongModel.load(folder).predict([SONGS[place] for place in test])
    for place, axis in enumerate(("valence", "arousal")):
        rated = spotify_target(SONGS, axis).values[test]
        assert np.mean((predicted[:, place] - rated) ** 2) == pytest.approx(
            report["targets"][axis]["test"]["mse"], rel=0.02
        )
    assert SongModel.load(folder).targets == ("valence", "arousal")


def test_a_training_that_was_stopped_comes_to_the_same(trained, tmp_path):
    folder, report = trained
    lines = (folder / NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / NAME).write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:40])
    with pytest.raises(UsageError, match="`resume`"):
        train(tmp_path)
    assert without_times(train(tmp_path, resume=True)) == without_times(report)
    for file in sorted(folder.glob("*.onnx")):
        assert file.read_bytes() == (tmp_path / file.name).read_bytes()
    with pytest.raises(InputError, match="another training"):
        train(tmp_path, StackOptions(recipe=StackRecipe.ORIGINAL, seed=2, trials=1), resume=True)


def test_an_interruption_leaves_what_is_done(tmp_path):
    def interrupt(step):
        if "tuning" in step.stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, progress=interrupt, axes=("valence",))
    assert not (tmp_path / FILE).exists()
    assert len((tmp_path / NAME).read_bytes().splitlines()) > 3
    assert set(train(tmp_path, resume=True, axes=("valence",))["targets"]) == {"valence"}
    assert np.isnan(SongModel.load(tmp_path).predict(SONGS[:3])[:, 1]).all()


def test_all_regressors_are_compared_and_the_budget_ends_it(tmp_path):
    report = train(tmp_path / "whole", StackOptions(trials=0), inputs=("music",), axes=("arousal",))
    board = report["targets"]["arousal"]["leaderboard"]
    assert len(board) >= 12
    assert [one["mse"] for one in board] == sorted(one["mse"] for one in board)
    bases = report["targets"]["arousal"]["stack"]["bases"]
    assert board[0]["name"] in {base["name"] for base in bases} <= {one["name"] for one in board}
    assert sum(base["share"] for base in bases) == pytest.approx(1)
    short = train(tmp_path / "short", StackOptions(time_budget=1e-6), inputs=("music",), axes=("arousal",))
    assert len(short["targets"]["arousal"]["leaderboard"]) == 3
    assert short["targets"]["arousal"]["cut_short"]


def test_folds_by_artist_judge_every_song(tmp_path):
    options = StackOptions(recipe=StackRecipe.ORIGINAL, split=SplitBy.ARTIST, folds=2, trials=0)
    report = train(tmp_path, options, inputs=("music",), axes=("arousal",))
    assert report["split"] == {"by": "artist", "folds": 2, "train": 90, "test": 90}
    assert report["targets"]["arousal"]["test"]["r2"] > 0.5


def test_the_evaluation_knows_what_matters(trained, tmp_path):
    data = data_of(inputs=("music", "lyric-words"), axes=("arousal",))
    judged = evaluate(data, Training.read(trained[0]).chosen, seed=1)
    jsonschema.validate(json.loads(json.dumps(judged.to_dict())), schema("evaluate-music.json"))
    arousal = judged.to_dict()["targets"]["arousal"]
    assert arousal["importance"][0]["input"] == "loudness"
    assert arousal["ablation"]["lyric-words alone"]["r2"] < 0.3 < arousal["ablation"]["music alone"]["r2"]
    assert set(arousal["splits"]) == {"random", "artist"}
    assert "energy" not in arousal["columns"]
    pages = judged.write(tmp_path)
    assert [page.name for page in pages] == ["report.json", "report.md", "report.html"]
    assert require_outputs(JUDGED.files(tmp_path)) == list(pages)
    assert "nobody rated" in pages[1].read_text()
    assert pages[2].read_text().count("<img ") == 2


@pytest.fixture
def copied(trained, tmp_path):
    for file in trained[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def change(folder, edit):
    facts = json.loads((folder / FILE).read_text())
    edit(facts)
    (folder / FILE).write_text(json.dumps(facts))


def rename(name):
    return lambda facts: facts["targets"]["valence"]["bases"][0].update(file=name)


@pytest.mark.parametrize(
    "edit",
    [
        lambda facts: facts.clear(),
        lambda facts: facts.update(schema="img2music/song-model/99"),
        lambda facts: facts.update(inputs=[]),
        lambda facts: facts.update(inputs=3),
        lambda facts: facts.update(columns="many"),
        lambda facts: facts.update(columns=3),
        lambda facts: facts.update(targets={"dominance": {"bases": [], "meta": {}, "weight": 0}}),
        lambda facts: facts["targets"]["valence"].update(bases=[]),
        lambda facts: facts["targets"]["valence"].update(weight=float("nan")),
        lambda facts: facts["targets"]["valence"].pop("meta"),
        lambda facts: facts["targets"]["valence"]["bases"][0].update(share=9.0),
        lambda facts: facts["targets"]["valence"]["bases"][0].pop("share"),
        lambda facts: facts["inputs"][0].update(name="dreams"),
        lambda facts: facts["inputs"][0]["facts"].update(low=[]),
        lambda facts: facts["inputs"][2]["facts"].update(file="../lyric-words.json"),
        lambda facts: facts["inputs"][2]["facts"].update(axes=["valence"]),
        rename("../../etc/passwd"),
        rename("/etc/passwd"),
        rename(".."),
        rename("valence-2.onnx"),
        rename("none.onnx"),
        rename(7),
    ],
)
def test_a_hostile_description_is_refused_in_one_line(edit, copied):
    change(copied, edit)
    with pytest.raises(ModelError) as refused:
        SongModel.load(copied)
    assert "\n" not in str(refused.value)


def test_damaged_files_are_refused(copied):
    name = "valence-1.onnx"
    whole = (copied / name).read_bytes()
    for content in (b"", whole[:-9], b"\x80\x04cos\nsystem\n."):
        (copied / name).write_bytes(content)
        with pytest.raises(ModelError, match="not the file"):
            SongModel.load(copied)
        digest = hashlib.sha256(content).hexdigest()
        change(copied, lambda facts, digest=digest: facts["targets"]["valence"]["bases"][0].update(sha256=digest))
        with pytest.raises(ModelError, match=r"valence-1\.onnx"):
            SongModel.load(copied)
        change(
            copied,
            lambda facts: facts["targets"]["valence"]["bases"][0].update(sha256=hashlib.sha256(whole).hexdigest()),
        )
    (copied / FILE).write_bytes(b"\xff{")
    with pytest.raises(ModelError, match="damaged"):
        SongModel.load(copied)
    for folder in (copied / "none", copied / name):
        with pytest.raises(ModelError, match="no folder"):
            SongModel.load(folder)


def test_a_song_without_an_input_has_no_affect(trained):
    songs = [SONGS[0], dataclasses.replace(SONGS[1], lyrics=None), dataclasses.replace(SONGS[2], loudness=None)]
    predicted = SongModel.load(trained[0]).predict(songs)
    assert np.isfinite(predicted[0]).all()
    assert np.isnan(predicted[1:]).all()
    assert SongModel.load(trained[0]).predict([]).shape == (0, 2)
