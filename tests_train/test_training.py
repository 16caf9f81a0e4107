"""The course of a training: what is learned, what is kept, and how it goes on."""

import csv
import json
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

from img2music.progress import Step
from img2music.research.images.datasets import RatedImages
from img2music.research.images.networks.settings import Learning, Recipe, Settings
from img2music.research.images.networks.steps import factor, train
from img2music.vision.model import ImageAnalysis, ImageModel
from tests_train.commands import ROOT, command, environment, train_image

SCHEMA = ROOT / "docs" / "schemas" / "train-image.json"
TINY = "timm:test_resnet"


def tiny(**more: object) -> Settings:
    return Settings(TINY, **{"weights": "none", "size": 64, "epochs": 3, "learning": Learning.FINETUNE, **more})


def test_it_learns(images: RatedImages, folder: Path, tmp_path: Path) -> None:
    """Bright is pleasant, red is exciting: a network from scratch finds that out."""
    output = tmp_path / "tiny.onnx"
    options = ("--learning", "finetune", "--recipe", "modern", "--lr", 3e-3, "--epochs", 25, "--batch-size", 8)
    report = json.loads(train_image(folder, output, TINY, "--size", 64, *options))
    for axis in ("valence", "arousal"):
        assert report["model"][axis]["r"] > 0.8
        assert report["model"][axis]["mse"] < 0.5 * report["model"][axis]["baseline_mse"]
    model = ImageModel.load(output)
    found = [item for item in model.analyze(images.paths) if isinstance(item, ImageAnalysis)]
    read = np.array([(item.affect.valence, item.affect.arousal) for item in found])
    assert np.corrcoef(read[:, 0], images.affect[:, 0])[0, 1] > 0.8
    assert np.corrcoef(read[:, 1], images.affect[:, 1])[0, 1] > 0.8


@pytest.mark.parametrize("settings", [tiny(), tiny(recipe=Recipe.MODERN, learning=Learning.FROZEN)])
def test_an_interrupted_run_ends_like_another(settings: Settings, images: RatedImages, tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        if step.stage == "Epoch 2 of 3" and step.done > (step.total or 0) / 2:
            raise KeyboardInterrupt

    whole = train(images, settings, tmp_path / "whole", tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(images, settings, tmp_path / "parts", tmp_path / "parts", progress=interrupt)
    assert len(list((tmp_path / "parts").glob("*.pt"))) == 2
    parts = train(images, settings, tmp_path / "parts", tmp_path / "parts", resume=True)
    assert parts.epochs == whole.epochs
    assert parts.best == min(whole.epochs, key=lambda epoch: epoch.validation_loss)
    one, other = whole.network.module.state_dict(), parts.network.module.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("learning", Learning)
def test_what_is_frozen_stays(learning: Learning, images: RatedImages, tmp_path: Path) -> None:
    from img2music.research.images.networks.architecture import build

    settings = tiny(learning=learning, epochs=1, lr=0.01)
    before = build(settings).module
    after = train(images, settings, tmp_path, tmp_path).network.module
    same = [
        torch.equal(weight, after.backbone.state_dict()[name]) for name, weight in before.backbone.state_dict().items()
    ]
    # Also the running means of batch norm.
    assert all(same) if learning is Learning.FROZEN else sum(same) < len(same) / 2
    assert not torch.equal(before.head.weight, after.head.weight)


def test_processes_that_prepare_images(images: RatedImages, tmp_path: Path) -> None:
    trained = train(images, tiny(epochs=1), tmp_path, tmp_path, jobs=2)
    assert len(trained.epochs) == 1


def test_learning_rates_are_those_of_torch() -> None:
    for recipe, scheduler in (
        (Recipe.ORIGINAL, lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.1)),
        (Recipe.MODERN, lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)),
    ):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = scheduler(optimizer)
        for epoch in range(30):
            assert factor(recipe, epoch, 30) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
            optimizer.step()
            schedule.step()


def test_sweep(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "best.onnx"
    sweep = ("--lr", 1e-2, "--lr", 1e-4, "--learning", "frozen", "--learning", "finetune", "--epochs", 2, "--size", 64)
    places = [word for kind in ("checkpoint", "log", "result") for word in (f"--{kind}-dir", tmp_path / kind)]
    report = json.loads(train_image(folder, output, TINY, *sweep, *places))
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    assert len({run["label"] for run in report["runs"]}) == 4
    losses = {run["label"]: run["validation_loss"] for run in report["runs"]}
    assert report["best"] == min(losses, key=losses.__getitem__)
    with (tmp_path / "result" / "results.csv").open(newline="") as file:
        assert {row["label"]: float(row["validation_loss"]) for row in csv.DictReader(file)} == losses
    kept = json.loads((tmp_path / "result" / "results.json").read_text())
    assert kept["model"] == report["model"]
    for label in losses:
        assert (tmp_path / "checkpoint" / label / "best.pt").is_file()
        assert (tmp_path / "log" / label / "log.csv").is_file()
    best = next(run for run in report["runs"] if run["label"] == report["best"])
    assert f"--lr {best['lr']:g} " in ImageModel.load(output).metadata["command"]


def test_ctrl_c(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.onnx"
    last = tmp_path / "model-training" / "checkpoints" / "last.pt"
    options = ("--size", 64, "--epochs", 100_000)
    with subprocess.Popen(
        command(folder, output, TINY, *options), env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 240
        while not last.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not output.exists()
    assert sorted(file.name for file in last.parent.iterdir()) == ["best.pt", "last.pt"]
    # Enough is enough: what there is becomes the model.
    report = json.loads(train_image(folder, output, TINY, "--size", 64, "--epochs", 1, "--resume"))
    assert report["runs"][0]["best_epoch"] >= 1
    assert ImageModel.load(output)
