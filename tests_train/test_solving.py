"""Heads that are solved for on frozen features: trained, judged fold by fold, exported and used."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
import torch

from img2music.errors import ModelError, UsageError
from img2music.inference import open_session
from img2music.research.images.datasets import RatedImages
from img2music.research.images.head import COMPONENTS, Head, RidgeHead
from img2music.research.images.networks.architecture import build
from img2music.research.images.networks.preparation import split
from img2music.research.images.networks.settings import HeadKind, Settings
from img2music.research.images.networks.solving import extract, judge_head, solve, to_module
from img2music.vision.model import ImageModel, read_pixels
from tests_train.commands import ROOT, run, train_image

SCHEMAS = ROOT / "docs" / "schemas"
CONVNEXT = "timm:convnext_atto"
TINY = Settings(CONVNEXT, weights="none", size=96)
"""A small sibling of the ConvNeXt that is for those who have its weights."""


# Bright is pleasant, red is exciting: features of random weights suffice to see that, better by the kernel.
LEAST_R = {HeadKind.RIDGE: 0.6, HeadKind.KERNEL: 0.9}


def validated(text: str, name: str) -> dict:
    found = json.loads(text)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{name}.json").read_text()))
    return found


@pytest.mark.parametrize("kind", LEAST_R)
def test_it_is_trained_judged_exported_and_used(
    kind: HeadKind, folder: Path, images: RatedImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(place, str(tmp_path / "home"))
    output = tmp_path / "solved.onnx"
    options = ("--learning", "frozen", "--head", kind, "--size", 96, "--group-by-theme")
    report = validated(train_image(folder, output, CONVNEXT, *options), "train-image-head")
    assert report["model"]["difference"] <= 1e-4
    assert report["head"]["kind"] == kind
    assert [path.name for path in tmp_path.iterdir()] == ["solved.onnx"]
    onnx.checker.check_model(onnx.load(output), full_check=True)

    # What the file reads, against a head that is fitted anew to the features that the file itself gives.
    session = open_session(output)
    training, validation = split(images, replace(TINY, by_theme=True))
    pixels = np.stack([read_pixels(path, 96)[0] for path in images.paths])
    unclipped, features = session.run(["unclipped", "features"], {"image": pixels})
    themes = [images.themes[index] for index in training]
    if kind is HeadKind.RIDGE:
        head = RidgeHead.fit(features[training], images.affect[training], themes)
    else:
        head = Head.fit(features[training], images.affect[training], (features.shape[1],), themes=themes)
    assert head.ridge == pytest.approx(report["head"]["ridge"])
    assert unclipped.clip(0, 1) == pytest.approx(head.predict(features), abs=1e-3)
    for axis, name in enumerate(("valence", "arousal")):
        r = np.corrcoef(unclipped[validation, axis], images.affect[validation, axis])[0, 1]
        assert report["model"][name]["r"] == pytest.approx(r, abs=0.01)
        assert r > LEAST_R[kind]

    model = ImageModel.load(output)
    assert f"--learning frozen --head {kind} --batch-size 32" in model.metadata["command"]
    metrics = json.loads(model.metadata["metrics"])
    assert metrics["head"] == report["head"]
    assert metrics["validation"]["split"] == "by theme"
    words = model.metadata["command"].split()[3:]
    words[words.index("--data") + 1] = str(folder)
    words[words.index("--out") + 1] = str(tmp_path / "again.onnx")
    run("train", "image", *words)
    assert ImageModel.load(tmp_path / "again.onnx").metadata["metrics"] == model.metadata["metrics"]

    judged = validated(
        run("evaluate", "image", "--data", folder, "--model", output, "--format", "json"), "evaluate-image"
    )
    assert judged["finished"]["valence"]["r"] > LEAST_R[kind]
    run("models", "add", output)
    run("models", "use", "solved")
    read = json.loads(run("analyze", images.paths[0], "--format", "json"))["items"][0]
    assert read["model"] == "solved/1"
    affect = unclipped[0].clip(0, 1)
    assert [read["affect"][axis] for axis in ("valence", "arousal")] == pytest.approx(affect.tolist(), abs=1e-4)


@pytest.mark.parametrize("kind", LEAST_R)
def test_the_recipe_is_judged_fold_by_fold(kind: HeadKind, folder: Path, tmp_path: Path) -> None:
    words = ("--network", CONVNEXT, "--weights", "none", "--size", 96, "--head", kind, "--folds", 4)
    where = ("--data", folder, "--report", tmp_path, "--format", "json")
    found = validated(run("evaluate", "image", *where, *words), "evaluate-image")
    assert found["recipe"] == f"timm:convnext_atto (weights: none), {kind} head"
    assert (found["folds"], found["model"], found["finished"]) == (4, None, None)
    for folds in ("random", "grouped"):
        for axis in ("valence", "arousal"):
            assert found[folds][axis]["r"] > LEAST_R[kind]
            assert found[folds][axis]["mse"] < found[folds][f"baseline_{axis}"]["mse"]
    assert f"{found['recipe']}, 4 folds" in (tmp_path / "report.html").read_text()


def test_folds_are_judged_by_heads_that_have_not_seen_them(images: RatedImages) -> None:
    """With ratings that have nothing to do with the images, what was seen would be known, and what was not is not."""
    noise = replace(images, affect=np.random.default_rng(5).uniform(0, 1, images.affect.shape))
    judged = judge_head(noise, TINY, HeadKind.KERNEL, folds=8).evaluation
    for split_ in (judged.random, judged.grouped):
        assert split_ is not None
        for axis in (split_.valence, split_.arousal):
            assert (axis.r or 0) < 0.3
            assert axis.r2 < 0.15


def test_the_validation_images_have_no_say(images: RatedImages) -> None:
    _, validation = split(images, TINY)
    others = images.affect.copy()
    others[validation] = 1 - others[validation]
    one, other = (
        solve(replace(images, affect=affect), TINY, HeadKind.KERNEL).network.module.head.state_dict()
        for affect in (images.affect, others)
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("many", [40, 1536])
def test_modules_compute_what_heads_do(many: int) -> None:
    random = np.random.default_rng(0)
    features = random.gamma(1.0, size=(300, many)).astype(np.float32)
    affect = np.clip(0.5 + 0.1 * features[:, :2], 0, 1)
    themes = [f"theme {number // 3}" for number in range(300)]
    kernel = Head.fit(features, affect, (many,), themes=themes)
    assert kernel.reduction.shape == (many, min(many, COMPONENTS))
    for head in (kernel, RidgeHead.fit(features, affect, themes)):
        said = to_module(head)(torch.from_numpy(features)).detach().numpy()
        assert said.clip(0, 1) == pytest.approx(head.predict(features), abs=1e-5)


def test_features_are_those_of_the_images_in_their_order(images: RatedImages) -> None:
    network = build(TINY)
    seen = []
    few = images.paths[:7]
    features = extract(
        network,
        few,
        replace(TINY, batch_size=3),
        progress=lambda step: seen.append((step.stage, step.done, step.total)),
    )
    assert seen == [("Reading images", done, 7) for done in (3, 6, 7)]
    alone = extract(network, few[5:6], TINY)
    assert features[5] == pytest.approx(alone[0], abs=1e-5)


def test_features_that_are_no_numbers(images: RatedImages, tmp_path: Path) -> None:
    weights = build(TINY).module.backbone.state_dict()
    torch.save({name: values * torch.nan for name, values in weights.items()}, tmp_path / "nan.pth")
    with pytest.raises(ModelError, match="gives features that are no numbers"):
        solve(images, replace(TINY, weights=str(tmp_path / "nan.pth")), HeadKind.RIDGE)


def test_a_head_that_is_not_solved_for_is_not_judged_fold_by_fold(images: RatedImages) -> None:
    with pytest.raises(UsageError, match="`head=linear` is trained step by step"):
        judge_head(images, TINY, HeadKind.LINEAR, folds=4)
    with pytest.raises(UsageError, match="`folds` must be from 2 to the number of images, 64, not 1000"):
        judge_head(images, TINY, HeadKind.KERNEL, folds=1000)
